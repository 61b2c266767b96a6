import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { readScript } from "../../../components/cluster/hostScript";
import { backupList, parseBackups } from "../../../components/cluster/restore/listPlan";
import { backupsInputs, type BackupSettings, copyTarget } from "../../../components/cluster/steps/backupsPlan";
import { prepareInputs } from "../../../components/cluster/steps/preparePlan";
import { clusterSettings } from "../../support/preflight";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "backups-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const settings: BackupSettings = { enabled: true, every: "6h", keep: { count: 12, days: 30 } };
const s3 = {
  endpoint: "https://s3.example.com/",
  bucket: "backups",
  prefix: "/clusters/",
  region: "us-east-1",
  accessKeyId: "AKID",
  secretAccessKey: "it's $(a) secret",
};
const folder = "var/backups/kubeadm-kafka/dev-1f2e3d4c";

/** A control plane in a folder. */
class Host {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "host-"));

  constructor() {
    for (const name of ["systemctl", "kubectl"]) this.write(`bin/${name}`, `#!/bin/bash\n${programs[name]}`, 0o755);
    fs.mkdirSync(this.path("run/scratch"), { recursive: true });
    fs.mkdirSync(this.path("var/lib/kubeadm-kafka"), { recursive: true });
  }

  path = (file: string): string => path.join(this.dir, file);
  has = (file: string): boolean => fs.existsSync(this.path(file));
  read = (file: string): string => fs.readFileSync(this.path(file), "utf8");

  write(file: string, text: string, mode = 0o644): void {
    fs.mkdirSync(path.dirname(this.path(file)), { recursive: true });
    fs.writeFileSync(this.path(file), text, { mode });
  }

  /** Runs functions of a script, without the steps that it ends with. */
  run(
    script: "backups" | "undo" | "drift" | "list-backups",
    commands: string,
    backups = settings,
  ): { status: number; output: string } {
    const inputs = {
      HOST: "master",
      CLUSTER: "kubeadm-kafka/dev/dev (1f2e3d4c)",
      ...backupsInputs(backups, "CERTIFICATE", undefined, "the script"),
    };
    const given = Object.entries(inputs).map(([name, value]) => `${name}='${value.replaceAll("'", "'\\''")}'`);
    const functions = readScript(script).replace(
      /\n(end_running_step\nbegin|begin_on_ours|begin_without_lock|for applied_by)[^]*$/,
      "\n",
    );
    const text = [
      ...given,
      "ACTION=backups MINUTES=1",
      readScript("lib/lib"),
      readScript("lib/backups-folder"),
      functions,
      commands,
    ]
      .join("\n")
      .replace(/^SCRATCH=.*$/m, `SCRATCH=${this.path("run/scratch")}`)
      .replaceAll(/(?<![\w.])\/(etc|var)\//g, `${this.dir}/$1/`);
    const env = { PATH: `${this.path("bin")}:${process.env.PATH}`, DIR: this.dir };
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", text], { encoding: "utf8", env });
    return { status: status!, output: stdout + stderr };
  }
}

const programs: Record<string, string> = {
  systemctl: 'echo "$*" >>"$DIR/asked"; [[ ! -e $DIR/fails || $* != "start kubeadm-kafka-backup.service" ]]',
  kubectl: ":",
};

describe("on a control plane", () => {
  test("the timer's settings are read back as they were given, and only root reads them", () => {
    const host = new Host();
    expect(host.run("backups", "write_settings", { ...settings, s3 })).toEqual({ status: 0, output: "" });
    const read = host.run(
      "backups",
      '. "$home/settings"; printf "%s|" "$CLUSTER" "$FOLDER" "$S3_SECRET" "$S3_ENDPOINT" "$S3_PREFIX"',
    );
    expect(read.output).toBe(
      `kubeadm-kafka/dev/dev (1f2e3d4c)|${host.path(folder)}|it's $(a) secret|https://s3.example.com|clusters|`,
    );
    const modes = ["settings", ""].map(
      (name) => fs.statSync(host.path(`var/lib/kubeadm-kafka/backups/${name}`)).mode & 0o77,
    );
    expect(modes).toEqual([0, 0]);
  });

  test("a timer whose time has changed starts anew, and an unchanged one goes on", () => {
    const host = new Host();
    const asked = (every: string) => {
      fs.rmSync(host.path("asked"), { force: true });
      host.run("backups", "write_units", { ...settings, every });
      return host
        .read("asked")
        .split("\n")
        .filter((line) => /restart|reload/.test(line));
    };
    expect(asked("6h")).toEqual([
      ...["daemon-reload", "restart kubeadm-kafka-backup.timer"],
      ...["daemon-reload", "restart kubeadm-kafka-backup-again.timer"],
    ]);
    expect(host.read("etc/systemd/system/kubeadm-kafka-backup.timer")).toContain("OnUnitActiveSec=21600s\n");
    expect(asked("6h")).toEqual([]);
    expect(asked("1d")).toEqual(["daemon-reload", "restart kubeadm-kafka-backup.timer"]);
  });

  test("another timer tries again by the calendar, as long as a backup has failed", () => {
    const host = new Host();
    host.run("backups", "write_units");
    expect(host.read("etc/systemd/system/kubeadm-kafka-backup-again.timer")).toContain("OnCalendar=*:0/15\n");
    const service = host.read("etc/systemd/system/kubeadm-kafka-backup-again.service");
    expect(service).toContain(`ConditionPathExists=${host.path("var/lib/kubeadm-kafka/backups/failed")}\n`);
    expect(service).toMatch(/^ExecStart=\/bin\/bash .*\/take-backup.sh again$/m);
  });

  test("a first backup that fails ends the step with its reason", () => {
    const host = new Host();
    host.write("fails", "");
    host.write("var/lib/kubeadm-kafka/backups/failed", 'at "look for room": no room');
    expect(host.run("backups", "take_first")).toEqual({
      status: 1,
      output: 'master: backups: a backup failed, at "look for room": no room [KK952]\n',
    });
  });
});

describe("when a host leaves", () => {
  const left = (encryptTo?: string) => {
    const host = new Host();
    host.write("var/backups/theirs", "");
    host.run("backups", "write_settings; write_units", { ...settings, encryptTo });
    host.write(`${folder}/a.backup`, "");
    expect(host.run("undo", "remove_backups").status).toBe(0);
    expect(fs.readdirSync(host.path("etc/systemd/system"))).toEqual([]);
    expect(host.has("var/backups/theirs")).toBe(true);
    return host.has(`${folder}/a.backup`);
  };

  test("backups that only the stack's own key reads go with it", () => expect(left()).toBe(false));
  test("backups that the user's key reads stay", () => expect(left("CERTIFICATE")).toBe(true));

  test("an empty folder, for copies that never came, goes as well", () => {
    const host = new Host();
    host.write(`${folder}/.part`, "half a copy");
    host.run("undo", "remove_backups");
    expect(host.has("var/backups/kubeadm-kafka")).toBe(false);
  });

  test("another cluster's backups stay", () => {
    const host = new Host();
    host.write("var/backups/kubeadm-kafka/other-1f2e3d4c/.goes-with-the-stack", "");
    host.run("undo", "remove_backups");
    expect(host.has("var/backups/kubeadm-kafka/other-1f2e3d4c/.goes-with-the-stack")).toBe(true);
  });
});

test("a host lists its own backups and others' copies, for make restore without a file", () => {
  const host = new Host();
  for (const [file, text] of [
    ["20261128T180000Z-master.backup", "sealed"],
    ["20261128T120000Z-second.backup", "sealed"],
    ["20261128T060000Z-master.backup", ""],
    [".second.backup.part", "half a copy"],
  ] as const)
    host.write(`${folder}/${file}`, text);
  const listed = parseBackups("worker", host.run("list-backups", "print_backups").output);
  expect(backupList("lab", listed, ["master: no route to host"])).toBe(
    [
      "Backups on the hosts, the newest first, by the time in UTC at which a control plane wrote them:",
      "  backup=worker:20261128T180000Z-master.backup",
      "  backup=worker:20261128T120000Z-second.backup",
      "could not be asked: master: no route to host",
      "Newer ones may be in the bucket, if there is one, or on a lost control plane's disk. To go on, with one of these or a file:",
      "  make restore stack=lab backup=worker:20261128T180000Z-master.backup",
    ].join("\n"),
  );
  expect(parseBackups("worker", "/var/x y/20261128T180000Z-a.backup\n/var/$(id)/20261128T180000Z-a.backup")).toEqual(
    [],
  );
});

describe("drift", () => {
  const drift = (ageHours?: number, failed?: string) => {
    const host = new Host();
    host.run("backups", "write_settings");
    if (ageHours !== undefined) {
      host.write(`${folder}/x-master.backup`, "");
      const time = Date.now() / 1000 - ageHours * 3600;
      fs.utimesSync(host.path(`${folder}/x-master.backup`), time, time);
    }
    host.write(`${folder}/x-worker.backup`, "");
    if (failed !== undefined) host.write("var/lib/kubeadm-kafka/backups/failed", failed);
    return host.run("drift", "print_backup_drift");
  };

  test("is none as long as the host's own newest backup is not older than two intervals", () =>
    expect(drift(11.9)).toEqual({ status: 0, output: "" }));
  test("is an older one", () =>
    expect(drift(13)).toEqual({ status: 0, output: "backups backup x-master.backup is the newest, 13 hours old\n" }));
  test("is none at all, whatever backups others have sent here", () =>
    expect(drift().output).toMatch(/^backups backup none is the newest, \d+ hours old\n$/));
  test("is the last failure", () =>
    expect(drift(1, "at noon: no room")).toEqual({ status: 0, output: "backups backup failed at noon: no room\n" }));
});

describe("the plan", () => {
  test("copies go to the first worker, also from several control planes, which may be lost together", () => {
    const host = (name: string, role: "control-plane" | "worker") => ({ name, role });
    const workers = [host("w1", "worker"), host("w2", "worker")];
    expect(copyTarget([host("m", "control-plane"), ...workers])).toBe("w1");
    expect(copyTarget([host("m", "control-plane")])).toBeUndefined();
    expect(copyTarget([host("m1", "control-plane"), host("m2", "control-plane"), ...workers])).toBe("w1");
  });

  test("only a control plane that uploads needs curl", () => {
    const uploads = (role: "control-plane" | "worker", backups?: BackupSettings) =>
      prepareInputs({ name: "a", role, address: "10.0.0.1" }, { ...clusterSettings, podImages: [], backups }, false, {
        kind: "upstream",
      }).UPLOADS;
    expect(uploads("control-plane", { ...settings, s3 })).toBe("true");
    expect(uploads("worker", { ...settings, s3 })).toBe("false");
    expect(uploads("control-plane", { ...settings, enabled: false, s3 })).toBe("false");
    expect(uploads("control-plane", settings)).toBe("false");
  });
});
