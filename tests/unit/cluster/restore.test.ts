import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { printMarks } from "../../../components/cluster/hostReport";
import { readScript } from "../../../components/cluster/hostScript";
import {
  commandsAfter,
  hostToRestore,
  parseManifest,
  preview,
  restorableCluster,
} from "../../../components/cluster/restore/plan";
import { parseVolumes } from "../../../components/cluster/restore/volumesPlan";
import { parseRestoreRequest, restoreRequest } from "../../../components/cluster/restore/requestPlan";

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "restore-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

const CLUSTER = "kubeadm-kafka/dev/dev (1f2e3d4c)";
const ASIDE = "var/lib/etcd/kubeadm-kafka-before-restore";
const RESTORE = "master@20261128T190000Z-1f2e3d4c";
const AUTHORITY = Buffer.from("authority").toString("base64");

/** Files of a decrypted backup. */
const backup = {
  manifest: `cluster ${CLUSTER}\nhost master\ntime 2026-11-28T19:00:00Z\nkubernetes v1.34.4\n`,
  "etcd.db": "snapshot",
  "kubernetes/pki/ca.crt": "authority",
  "kubernetes/pki/ca.key": "its key",
  "kubernetes/pki/kubeadm-kafka-encryption.yaml": "key of Secrets",
  "kubernetes/pki/apiserver.crt": "of the lost host",
  "kubernetes/pki/etcd/ca.crt": "etcd's authority",
  "kubernetes/pki/etcd/peer.crt": "of the lost host",
  "record/cluster": "endpoint api\n",
  "record/authorities": "by which it joined\n",
};

/** A prepared control plane in a folder. */
class Host {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "host-"));

  constructor() {
    for (const [name, script] of Object.entries(programs)) this.write(`bin/${name}`, `#!/bin/bash\n${script}`, 0o755);
    fs.mkdirSync(this.path("run/scratch"), { recursive: true });
    this.write("asked", "");
  }

  path = (file: string): string => path.join(this.dir, file);
  has = (file: string): boolean => fs.existsSync(this.path(file));
  read = (file: string): string => fs.readFileSync(this.path(file), "utf8");
  get asked(): string[] {
    return this.read("asked").split("\n").filter(Boolean);
  }

  write(file: string, text: string, mode = 0o644): void {
    fs.mkdirSync(path.dirname(this.path(file)), { recursive: true });
    fs.writeFileSync(this.path(file), text, { mode });
  }

  /** Puts the backup there as `make restore` sends it. @returns its checksum */
  send(changes: Partial<Record<keyof typeof backup, string>> = {}): string {
    for (const [file, text] of Object.entries({ ...backup, ...changes })) this.write(`source/${file}`, text);
    fs.mkdirSync(this.path("var/lib/kubeadm-kafka"), { recursive: true });
    const archive = this.path("var/lib/kubeadm-kafka/restore.tar.gz");
    spawnSync("tar", ["--create", "--gzip", "--file", archive, "--directory", this.path("source"), "."]);
    return spawnSync("sha256sum", [archive], { encoding: "utf8" }).stdout.slice(0, 64);
  }

  /** The backup as restore.sh leaves it. */
  stage(changes: Partial<Record<keyof typeof backup, string>> = {}): this {
    for (const [file, text] of Object.entries({ ...backup, ...changes, asked: `${RESTORE}\n` }))
      this.write(`var/lib/kubeadm-kafka/restore/${file}`, text);
    return this;
  }

  run(scripts: string, commands: string, inputs: Record<string, string> = {}) {
    const given = {
      HOST: "master",
      CLUSTER,
      AUTHORITY,
      ADDRESS: "10.0.0.9",
      FIXED: "endpoint api",
      CONTROL_PLANES: "master=10.0.0.9 second=10.0.0.2",
      SUM: "",
      RESTORE,
      OBJECTS: "",
      ...{ AUTHENTICATION: "who", ADMISSION: "what", AUDIT_POLICY: "when" },
      INIT_CONFIG: "- name: encryption-provider-config\n  value: x",
      ACTION: "control-plane",
      MINUTES: "1",
      ...inputs,
    };
    const text = Object.entries(given)
      .map(([name, value]) => `${name}='${value}'`)
      .concat(readScript("lib/lib"), scripts, commands)
      .join("\n")
      .replace(/^SCRATCH=.*$/m, `SCRATCH=${this.path("run/scratch")}`)
      .replaceAll(/(?<![\w./])\/(etc|var)\//g, `${this.dir}/$1/`);
    const env = { PATH: `${this.path("bin")}:${process.env.PATH}`, DIR: this.dir };
    const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", text], { encoding: "utf8", env });
    return { status, output: stdout + stderr };
  }

  restore(commands: string, inputs?: Record<string, string>) {
    return this.run(
      [
        ...["etcd", "address", "kubeadm", "api-server-files", "authorities", "staged", "restore"].map(
          (each) => `lib/${each}`,
        ),
      ]
        .map(readScript)
        .join("\n"),
      `mkdir -p "$SCRATCH" && touch "$SCRATCH/init.yaml"\n${commands}`,
      inputs,
    );
  }

  unpack(SUM: string, inputs: Record<string, string> = {}, commands?: string) {
    const [functions, rest] = readScript("restore").split("\nbegin_on_ours\n") as [string, string];
    const [trap] = /^trap .*/m.exec(rest)!;
    const run = [readScript("lib/staged"), functions].join("\n");
    return this.run(run, commands === undefined ? `exec >/dev/null\n${rest}` : `${trap}\n${commands}`, {
      SUM,
      ...inputs,
    });
  }

  /** Runs expect-backup.sh. */
  expectBackup() {
    const [functions, rest] = readScript("expect-backup").split("\nbegin_on_ours\n") as [string, string];
    return this.run([readScript("lib/staged"), functions].join("\n"), `exec >/dev/null\n${rest}`);
  }

  /** What earlier restores have put aside here, by the time. */
  get keptAside(): string[] {
    return fs.readdirSync(this.path(ASIDE)).sort();
  }
}

const note = 'echo "${0##*/} $*" >>"$DIR/asked"';
const programs = {
  kubeadm: `${note}; case $* in "init --config "*) cp "$3" "$DIR/started-with"; cp -r "$DIR/etc/kubernetes/kubeadm-kafka" "$DIR/read" ;; version*) echo v1.34.6 ;; "config images"*) echo registry.k8s.io/etcd:3.6.5-0 ;; esac`,
  kubectl:
    '[[ $1 != apply ]] || { cat "${!#}" >"$DIR/applied"; exit; }; [[ -e $DIR/lives && $* == *"https://$(<"$DIR/lives"):6443"* ]]',
  systemctl: note,
  crictl: `${note}; [[ $1 != pull ]] || rm -f "$DIR/old-image"`,
  ctr: `${note}
    [[ $* != *" mount "* ]] || { mkdir -p "\${!#}/usr/local/bin" && { [[ -e $DIR/old-image ]] || cp "$DIR/bin/etcdutl" "\${!#}/usr/local/bin"; }; }
    [[ $* != *" unmount "* ]] || rm -r "\${!#}"`,
  etcdutl: `echo "etcdutl $*" >>"$DIR/asked"; while [[ $1 != --data-dir ]]; do shift; done; mkdir -p "$2/member" && echo restored >"$2/member/db"`,
  "systemd-detect-virt": "exit 1",
  // Unit tests ask no other machine.
  openssl: '[[ $1 != s_client || $3 == 127.0.0.1:* ]] && PATH=${PATH#*:} exec openssl "$@"',
};

describe("make restore's script on the host", () => {
  test("unpacks the cluster's own backup for the restore that was asked for, and keeps no second copy", () => {
    const host = new Host();
    expect(host.unpack(host.send())).toMatchObject({ status: 0 });
    expect(host.read("var/lib/kubeadm-kafka/restore/asked")).toBe(`${RESTORE}\n`);
    expect(host.has("var/lib/kubeadm-kafka/restore.tar.gz")).toBe(false);
    expect(fs.statSync(host.path("var/lib/kubeadm-kafka/restore")).mode & 0o77).toBe(0);
  });

  const refused = (host: Host, sum: string, inputs = {}): string => {
    const { status, output } = host.unpack(sum, inputs);
    // Nothing of the backup stays in clear.
    expect({ status, staged: host.has("var/lib/kubeadm-kafka/restore") }).toEqual({ status: 1, staged: false });
    expect(host.has("var/lib/kubeadm-kafka/restore.tar.gz")).toBe(false);
    return output;
  };

  test("refuses a backup that has not arrived whole", () => {
    const host = new Host();
    host.send();
    expect(refused(host, "0".repeat(64))).toContain("has not arrived whole; run make restore again [KK958]");
  });

  test("refuses a backup of another minor version, in which a later patch is none", () => {
    const host = new Host();
    const sum = host.send({ manifest: backup.manifest.replace("1.34.4", "1.33.4") });
    expect(refused(host, sum)).toContain(
      "is of Kubernetes 1.33.4, and this host has 1.34.6; set kubernetes.version to 1.33.4",
    );
  });

  test("says where it failed, for whatever reason", () => {
    const host = new Host();
    const { status, output } = host.unpack(host.send(), {}, 'step "look" && ls /missing');
    expect(status).not.toBe(0);
    expect(output).toContain('failed at "look"');
  });

  test.each([
    ["a link", (at: string) => fs.symlinkSync("/etc/shadow", at)],
    ["a second name of a file", (at: string) => fs.linkSync(path.join(path.dirname(at), "ca.crt"), at)],
    ["a pipe", (at: string) => spawnSync("mkfifo", [at])],
    ["a set-user-id file", (at: string) => fs.writeFileSync(at, "", { mode: 0o4755 })],
  ])("refuses a backup with %s, which root would follow", (_, make) => {
    const host = new Host();
    host.send();
    make(host.path("source/kubernetes/pki/odd"));
    if (_ === "a set-user-id file") fs.chmodSync(host.path("source/kubernetes/pki/odd"), 0o4755);
    expect(refused(host, host.send())).toMatch(/the backup has a link.*kubernetes\/pki\/.*\[KK958\]/);
  });

  test("takes an earlier version's backup with a link among what a restore doesn't read, without the link", () => {
    const host = new Host();
    host.send();
    fs.symlinkSync("/etc/shadow", host.path("source/record/theirs"));
    expect(host.unpack(host.send()).status).toBe(0);
    expect(host.has("var/lib/kubeadm-kafka/restore/record/cluster")).toBe(true);
    expect(fs.readdirSync(host.path("var/lib/kubeadm-kafka/restore/record"))).not.toContain("theirs");
  });

  test.each(["../outside", "/var/outside"])("writes nothing outside of its folder: %s", (name) => {
    const host = new Host();
    host.send();
    const archive = host.path("var/lib/kubeadm-kafka/restore.tar.gz");
    host.write("source/outside", "theirs");
    const rename = `--transform=s,^./outside$,${name === "../outside" ? name : host.path("outside")},`;
    spawnSync("tar", ["-czPf", archive, "-C", host.path("source"), rename, "."]);
    const sum = spawnSync("sha256sum", [archive], { encoding: "utf8" }).stdout.slice(0, 64);
    expect(spawnSync("tar", ["-tzPf", archive], { encoding: "utf8" }).stdout).toContain("outside");
    host.unpack(sum);
    expect(["outside", "var/lib/kubeadm-kafka/outside", "var/outside"].filter(host.has)).toEqual([]);
  });

  test("refuses another cluster's backup", () => {
    const host = new Host();
    const sum = host.send({ "kubernetes/pki/ca.crt": "other" });
    expect(refused(host, sum)).toContain("[KK958]");
  });
});

describe("Kafka's volumes on a host's disk", () => {
  test("are printed with the cluster id that they carry, and the time of the last write", () => {
    const host = new Host();
    const volume = "srv/volumes/pvc-1f2e_kafka_data-kafka-0";
    host.write("var/lib/kubeadm-kafka/volumes-path", `${host.path("srv/volumes")}\n`);
    host.write(`${volume}/data/meta.properties`, "version=1\ncluster.id=p8iz8I1nQ1qcTQvYp0BzJg\nnode.id=0\n");
    host.write(`${volume}/data/orders-0/00000000000000000000.log`, "records");
    host.write("srv/volumes/pvc-2_theirs_data/other", "no volume of Kafka");
    for (const file of ["meta.properties", "orders-0/00000000000000000000.log"])
      fs.utimesSync(host.path(`${volume}/data/${file}`), 0, file.endsWith("log") ? 1_795_000_000 : 1_700_000_000);
    const [functions] = readScript("find-volumes").split("\nbegin_without_lock\n") as [string];
    const { status, output } = host.run(functions, "print_volumes");
    expect(status).toBe(0);
    expect(parseVolumes("worker", output)).toEqual([
      { host: "worker", path: host.path(volume), clusterId: "p8iz8I1nQ1qcTQvYp0BzJg", written: 1_795_000_000 },
    ]);
  });
});

describe("a backup that make restore is about to send", () => {
  const end = "etc/systemd/system/kubeadm-kafka-restore-end";

  test("has an end before it is there: a timer that a reboot, or a clock that is set, doesn't stop", () => {
    const host = new Host().stage();
    expect(host.expectBackup()).toMatchObject({ status: 0 });
    expect(host.has("var/lib/kubeadm-kafka/restore")).toBe(false);
    const timer = host.read(`${end}.timer`);
    const [, at] = /^OnCalendar=(\S+ \S+) UTC$/m.exec(timer)!;
    expect(Date.parse(`${at!.replace(" ", "T")}Z`) - Date.now()).toBeGreaterThan(86_400_000 - 60_000);
    expect(timer).toMatch(/^OnActiveSec=1440min\nPersistent=true$/m);
    expect(host.asked).toContain("systemctl enable --quiet --now kubeadm-kafka-restore-end.timer");
  });

  test("is removed by that timer, but not while a step may be restoring it", () => {
    const host = new Host();
    host.expectBackup();
    host.stage().write("var/lib/kubeadm-kafka/restore.tar.gz", "half of it");
    const [, command] = /^ExecStart=(.*)$/m.exec(host.read(`${end}.service`))!;
    expect(command).toContain("/usr/bin/flock /run/kubeadm-kafka-scripts/lock ");
    const lock = host.path("lock");
    spawnSync("bash", ["-c", command!.replace("/run/kubeadm-kafka-scripts/lock", lock)]);
    expect(fs.readdirSync(host.path("var/lib/kubeadm-kafka"))).toEqual([]);
  });

  test("has no timer left once it is restored or refused", () => {
    const host = new Host();
    host.expectBackup();
    host.stage().restore("keep_leftovers; restore_certificates; restore_etcd; start_restored; end_restore");
    expect(host.has(`${end}.timer`)).toBe(false);
    host.expectBackup();
    host.send();
    expect(host.unpack("0".repeat(64)).status).toBe(1);
    expect(host.has(`${end}.timer`)).toBe(false);
  });
});

describe("a restore", () => {
  const all = "refuse_other_settings; keep_leftovers; restore_certificates; restore_etcd; start_restored; end_restore";

  test("brings back the authority and the key of Secrets, and no other host's certificates", () => {
    const host = new Host().stage();
    expect(host.restore(all)).toMatchObject({ status: 0 });
    expect(host.read("etc/kubernetes/pki/ca.key")).toBe("its key");
    expect(host.read("etc/kubernetes/pki/kubeadm-kafka-encryption.yaml")).toBe("key of Secrets");
    expect(host.read("etc/kubernetes/pki/etcd/ca.crt")).toBe("etcd's authority");
    expect(host.read("var/lib/kubeadm-kafka/authorities")).toBe("by which it joined\n");
    expect(["apiserver.crt", "etcd/peer.crt"].filter((name) => host.has(`etc/kubernetes/pki/${name}`))).toEqual([]);
  });

  test("makes this host etcd's only member at its present address, far above all revisions that were seen", () => {
    const host = new Host().stage();
    host.restore(all);
    expect(host.read("var/lib/etcd/member/db")).toBe("restored\n");
    const restored = host.asked.find((line) => line.startsWith("etcdutl"));
    expect(restored).toMatch(
      /--name master --initial-cluster-token restored-\d+ --initial-cluster master=https:\/\/10.0.0.9:2380 /,
    );
    expect(restored).toMatch(/--bump-revision \d{13} --mark-compacted$/);
  });

  test("of the same backup once more continues above the revisions that were written after the first one", () => {
    const bump = (seconds: number): number => {
      const host = new Host().stage();
      host.write(
        "bin/date",
        `#!/bin/bash\n[[ $* != +%s ]] || { echo ${seconds}; exit; }\nPATH=\${PATH#*:} exec date "$@"`,
        0o755,
      );
      host.restore(all);
      return Number(/--bump-revision (\d+)/.exec(host.asked.join("\n"))![1]);
    };
    expect(bump(1_795_000_600) - bump(1_795_000_000)).toBe(600_000); // a thousand a second
    expect(bump(7)).toBeGreaterThan(1_000_000_000); // by a clock that isn't set
  });

  test("gets etcdutl where an earlier version's image lacks it: by the mirror's present image of that name", () => {
    const host = new Host().stage();
    host.write("old-image", "");
    expect(host.restore(all)).toMatchObject({ status: 0 });
    expect(host.asked.filter((line) => /^ctr|^crictl pull/.test(line)).map((line) => line.split(" ").at(-1)!)).toEqual([
      ...[host.path("run/scratch/etcd"), host.path("run/scratch/etcd"), "registry.k8s.io/etcd:3.6.5-0"],
      ...[host.path("run/scratch/etcd"), host.path("run/scratch/etcd")],
    ]);
    expect(host.read("var/lib/etcd/member/db")).toBe("restored\n");
  });

  test("ends with kubeadm's control plane, and leaves nothing of the backup in clear", () => {
    const host = new Host().stage();
    host.restore(all);
    expect(host.asked.filter((line) => line.startsWith("kubeadm init"))).toEqual([
      expect.stringContaining("--skip-phases addon,bootstrap-token,show-join-command"),
    ]);
    expect(host.read("var/lib/kubeadm-kafka/cluster")).toBe("endpoint api\n");
    expect(host.has("var/lib/kubeadm-kafka/restore")).toBe(false);
  });

  test("passes kubeadm's checks where `kubeadm init` did: in a container with cgroup 1", () => {
    const host = new Host().stage();
    host.restore(`in_container() { true; }; has_cgroup_2() { false; }; ${all}`);
    expect(host.asked.find((line) => line.startsWith("kubeadm init"))).toMatch(
      / --ignore-preflight-errors=SystemVerification$/,
    );
  });

  test("starts with the backup's keys of Secrets, or without encryption if it has none: `up` adds keys afterwards", () => {
    const host = new Host().stage();
    host.restore(all);
    expect(host.read("started-with")).toContain("encryption-provider-config");
    const without = new Host().stage();
    fs.rmSync(without.path("var/lib/kubeadm-kafka/restore/kubernetes/pki/kubeadm-kafka-encryption.yaml"));
    without.restore(all);
    expect(without.read("started-with")).not.toContain("encryption-provider-config");
  });

  test("starts an API server that has the files that it reads", () => {
    const host = new Host().stage();
    expect(host.restore(all)).toMatchObject({ status: 0 });
    const files = ["authentication", "admission", "audit-policy"].map((name) => host.read(`read/${name}.yaml`));
    expect(files).toEqual(["who\n", "what\n", "when\n"]);
    expect(host.has("var/log/kubeadm-kafka-audit")).toBe(true);
  });

  test("keeps whether Secrets were encrypted, where the config manages that", () => {
    const host = new Host().stage({ "record/cluster": "endpoint api\nencryptSecrets true\n" });
    host.restore(all);
    expect(host.read("var/lib/kubeadm-kafka/cluster")).toBe("endpoint api\nencryptSecrets true\n");
  });

  test("makes the volumes that the backup doesn't know as soon as the API server answers, once", () => {
    const host = new Host();
    const OBJECTS = '{"kind":"List"}';
    expect(host.unpack(host.send(), { OBJECTS }).status).toBe(0);
    host.restore(all);
    expect(host.restore("make_objects").status).toBe(0);
    expect(host.read("applied")).toBe(`${OBJECTS}\n`);
    fs.rmSync(host.path("applied"));
    expect(host.restore("make_objects").status).toBe(0);
    expect(host.has("applied")).toBe(false);
  });

  test("puts aside what was left here, and an interrupted one that begins again doesn't lose it", () => {
    const host = new Host().stage();
    host.write("var/lib/etcd/member/db", "old");
    host.write("etc/kubernetes/pki/ca.crt", "old");
    host.restore("keep_leftovers; restore_certificates; restore_etcd");
    expect(host.restore(all).status).toBe(0);
    expect(host.keptAside).toHaveLength(1);
    expect(host.read(`${ASIDE}/${host.keptAside[0]}/etcd-member/db`)).toBe("old");
    expect(host.read(`${ASIDE}/${host.keptAside[0]}/etc-kubernetes/pki/ca.crt`)).toBe("old");
  });

  test("from another backup, after one was interrupted, still has what was there before", () => {
    const host = new Host().stage();
    host.write("var/lib/etcd/member/db", "old");
    host.restore("keep_leftovers; restore_certificates; restore_etcd");
    fs.rmSync(host.path("var/lib/kubeadm-kafka/restore"), { recursive: true }); // `make restore` sends another one
    expect(host.stage().restore(all).status).toBe(0);
    expect(host.keptAside.map((time) => host.has(`${ASIDE}/${time}/etcd-member/db`))).toEqual([true]);
    expect(host.read(`${ASIDE}/${host.keptAside[0]}/etcd-member/db`)).toBe("old");
  });

  test("after a complete one puts that one's data aside as well, and keeps the first", () => {
    const host = new Host().stage();
    host.write("var/lib/etcd/member/db", "old");
    host.restore(all);
    host.write("bin/date", "#!/bin/bash\n[[ $* == +%s ]] && echo 9 || echo 20991231T000000Z", 0o755);
    host.stage().restore(all);
    expect(host.keptAside.map((time) => host.read(`${ASIDE}/${time}/etcd-member/db`))).toEqual(["old", "restored\n"]);
  });

  test("is refused beside another control plane that serves", () => {
    const host = new Host().stage();
    host.write("lives", "10.0.0.2");
    expect(host.restore("refuse_beside_living anyone.conf")).toEqual({
      status: 1,
      output: expect.stringMatching(
        /second at 10.0.0.2 still serves the cluster or runs its etcd, which therefore isn't restored\. .*\[KK956\]\n$/,
      ) as string,
    });
    fs.rmSync(host.path("lives"));
    expect(host.restore("refuse_beside_living anyone.conf").status).toBe(0);
  });

  test("is refused beside a member of etcd that has lost the majority, whose API server isn't ready", () => {
    const host = new Host().stage();
    const listens = "runs_etcd() { [[ $1 == 10.0.0.2:2380 ]]; }; refuse_beside_living anyone.conf";
    expect(host.restore(listens).output).toMatch(/second at 10.0.0.2 still serves .*\[KK956\]/);
  });

  test("takes for etcd only what has a certificate of the cluster's etcd", () => {
    const host = new Host().stage();
    const commands = `
      cd "$SCRATCH"
      for name in ours theirs none; do
        openssl req -x509 -newkey rsa:2048 -nodes -subj "/CN=$name" -keyout $name.key -out $name.crt
        own="-cert $name.crt -key $name.key" && [[ $name != none ]] || own=-nocert
        openssl s_server -accept 127.0.0.1:0 $own -Verify 1 -CAfile $name.crt -www >$name.log &
        until port=$(sed --quiet 's/^ACCEPT .*://p' $name.log) && [[ -n $port ]]; do sleep 0.05; done
        eval "$name=\$port"
      done 2>/dev/null >&2
      trap 'kill $(jobs -p)' EXIT
      cp ours.crt "$staged/kubernetes/pki/etcd/ca.crt"
      runs_etcd 127.0.0.1:$ours && ! runs_etcd 127.0.0.1:$theirs && ! runs_etcd 127.0.0.1:$none`;
    expect(host.restore(commands)).toMatchObject({ status: 0 });
  });

  test("is refused beside whoever was a member at the time of the backup", () => {
    const host = new Host().stage({ manifest: `${backup.manifest}members master=10.0.0.1 third=10.0.0.3\n` });
    host.write("lives", "10.0.0.3");
    expect(host.restore("refuse_beside_living anyone.conf").output).toContain("third at 10.0.0.3 still serves");
  });

  test("is refused beside the machine that it replaces, which serves at its former address", () => {
    const host = new Host().stage();
    const members = "master=https://10.0.0.1:2380,gone=https://10.0.0.3:2380";
    host.write("var/lib/kubeadm-kafka/restore/kubernetes/manifests/etcd.yaml", `    - --initial-cluster=${members}\n`);
    for (const [name, address] of [
      ["master", "10.0.0.1"],
      ["gone", "10.0.0.3"],
    ] as const) {
      host.write("lives", address);
      expect(host.restore("refuse_beside_living anyone.conf").output).toContain(`${name} at ${address} still serves`);
    }
    host.write("lives", "10.0.0.9"); // its own
    expect(host.restore("refuse_beside_living anyone.conf").status).toBe(0);
  });

  test("is refused with settings that the cluster wasn't made with", () =>
    expect(new Host().stage().restore("refuse_other_settings", { FIXED: "endpoint other" }).output).toMatch(
      /-endpoint api\n\+endpoint other \[KK714\]/,
    ));

  test("isn't refused for a setting that can change meanwhile", () => {
    const host = new Host().stage({ "record/cluster": "endpoint api\nencryptSecrets true\n" });
    expect(host.restore("refuse_other_settings")).toEqual({ status: 0, output: "" });
  });

  const isStaged = (host: Host, asked = RESTORE): boolean =>
    host.restore('is_staged "$RESTORE"', { RESTORE: asked }).status === 0;

  test("is begun only by an `up` that asks for this very one", () => {
    const host = new Host().stage();
    expect(isStaged(host)).toBe(true);
    expect(isStaged(host, "")).toBe(false);
    expect(isStaged(host, "master@20261128T190000Z-00000000")).toBe(false);
    fs.rmSync(host.path("var/lib/kubeadm-kafka/restore/asked"));
    expect(isStaged(host)).toBe(false);
  });

  test("that was abandoned isn't begun after a day, whether or not a timer has removed it", () => {
    const host = new Host().stage();
    const asked = host.path("var/lib/kubeadm-kafka/restore/asked");
    const hoursAgo = (hours: number) => fs.utimesSync(asked, 0, Date.now() / 1000 - hours * 3600);
    hoursAgo(23);
    expect(isStaged(host)).toBe(true);
    hoursAgo(25);
    expect(isStaged(host)).toBe(false);
  });

  test("that isn't there is refused, rather than that this `up` does something else", () => {
    expect(new Host().restore("refuse_unstaged")).toEqual({
      status: 1,
      output: expect.stringMatching(
        /the restore master@\S+ is not here: .* Run make restore again.*\[KK978\]\n$/,
      ) as string,
    });
    expect(new Host().stage().restore("refuse_unstaged").status).toBe(0);
    expect(new Host().restore("refuse_unstaged", { RESTORE: "" }).status).toBe(0);
  });

  test.each(["", "end_restore"])("that is complete isn't run again by the same command: %s", (end) => {
    const host = new Host().stage();
    host.restore(`keep_leftovers; restore_certificates; restore_etcd; start_restored; ${end}`);
    expect(isStaged(host)).toBe(false);
    expect(host.restore("refuse_unstaged; end_restore").status).toBe(0);
    expect(["restore", "restoring"].filter((name) => host.has(`var/lib/kubeadm-kafka/${name}`))).toEqual([]);
  });
});

describe("the machine that asks", () => {
  const command = (name: string, inputs: object = {}, stdout = "") => ({
    urn: `urn:pulumi:dev::kubeadm-kafka::a:b:C$command:${name.endsWith("key") ? "local" : "remote"}:Command::${name}`,
    inputs,
    outputs: { stdout },
  });
  const connection = { host: "10.0.0.1", hostKey: "ssh-ed25519 AAAA" };
  const prepared = (name: string, role: string) =>
    command(`dev-${name}-prepare`, {
      connection,
      stdin: `HOST='${name}'\nCLUSTER='${CLUSTER}'\nROLE='${role}'\nADDRESS='10.0.0.1'\n`,
    });
  const init = command("dev-init", {}, JSON.stringify({ authority: AUTHORITY, certificateKey: "c0ffee" }));
  const key = command("dev-backup-key", {}, "-----BEGIN PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n");
  const state = (...resources: object[]) => JSON.stringify({ deployment: { resources } });

  test("knows the authority that the first one was exchanged for", () => {
    const newest = Buffer.from("-----BEGIN CERTIFICATE-----\nnew").toString("base64");
    const stdout = `${printMarks.begin.split("'")[3]}\n${newest}\n${printMarks.end.split("'")[3]}`;
    const dropped = command("dev-master-authority-drop", {}, stdout);
    expect(restorableCluster("dev", state(init, dropped, prepared("master", "control-plane"))).authority).toBe(newest);
  });

  test("finds in the state the cluster, its authority, the key and the control planes", () => {
    const exported = state(init, key, prepared("master", "control-plane"), prepared("worker", "worker"));
    const cluster = restorableCluster("dev", exported);
    expect(cluster).toMatchObject({
      identity: CLUSTER,
      authority: AUTHORITY,
      key: "-----BEGIN PRIVATE KEY-----",
      joined: [],
    });
    expect(hostToRestore(cluster).name).toBe("master");
    expect(() => hostToRestore(cluster, "worker")).toThrow(
      "worker is no prepared control plane; set host= to one of: master [KK959]",
    );
  });

  test("asks for a host where there are several, and for a prepared one where there is none", () => {
    const several = restorableCluster(
      "dev",
      state(init, prepared("a", "control-plane"), prepared("b", "control-plane")),
    );
    expect(() => hostToRestore(several)).toThrow("host= one of a, b [KK959]");
    expect(() => restorableCluster("dev", state(init))).toThrow(
      /let `bin\/pulumi up --stack dev` prepare it.*\[KK959\]/,
    );
  });

  const restore = restoreRequest("master", "2026-11-28T19:00:00Z", "1f2e3d4c");
  const asks = `KUBEADM_KAFKA_RESTORE=${RESTORE} `;
  /** The commands that `make restore` prints. */
  const after = (...more: object[]) => {
    const cluster = restorableCluster("dev", state(init, prepared("master", "control-plane"), ...more));
    return commandsAfter("dev", cluster, hostToRestore(cluster), restore).slice(0, -1);
  };
  const ofMaster = (step: string, address = "10.0.0.1") =>
    command(`dev-master-${step}`, { stdin: `ADDRESS='${address}'\n` });

  test("repeats the control plane's own step, and what else another machine lacks: timers", () => {
    const steps = ["control-plane", "control-plane-config", "certificates", "backups"];
    const repeat = (flag: string, step: string) => ` ${flag} '**::dev-master-${step}'`;
    expect(after(...steps.map((step) => ofMaster(step)))).toEqual([
      `${asks}bin/pulumi up --stack dev${steps
        .slice(0, 3)
        .map((step) => repeat("--target-replace", step))
        .join("")}`,
      `bin/pulumi up --stack dev --refresh${repeat("--replace", "backups")}`,
    ]);
  });

  test("refreshes no object before Pulumi has the kubeconfig of an API server that answers", () => {
    const first = `${asks}bin/pulumi up --stack dev --target-replace '**::dev-master-control-plane'`;
    const [up, refresh] = ["bin/pulumi up --stack dev", "bin/pulumi up --stack dev --refresh"];
    expect(after(ofMaster("control-plane"))).toEqual([first, refresh]);
    expect(after(ofMaster("control-plane", "10.0.0.7"))).toEqual([first, up, refresh]);
    expect(after()).toEqual([`${asks}${up}`, refresh]);
  });

  test("gives each restore a name of its own, from which an `up` knows the host and the backup's time", () => {
    expect(restore.name).toBe(RESTORE);
    expect(parseRestoreRequest(RESTORE)).toEqual(restore);
    expect(["", "master", `${RESTORE}; rm`, "yes"].map(parseRestoreRequest)).toEqual(Array(4).fill(undefined));
  });

  test("shows how old the backup is before anything is changed", () => {
    const text = preview("dev", parseManifest(backup.manifest), "master", new Date("2026-11-28T20:30:00Z"));
    expect(text).toContain(
      `A backup of ${CLUSTER}, Kubernetes v1.34.4, which master wrote at 2026-11-28T19:00:00Z, 1.5 hours ago.`,
    );
  });
});
