import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { readResult } from "../../../components/cluster/hostReport";
import { composeScript, readScript } from "../../../components/cluster/hostScript";
import { type HostTask, NO_TASK } from "../../../components/cluster/maintenancePlan";
import { afterUpgradeInputs, beforeUpgradeInputs } from "../../../components/cluster/steps/upgradePlan";
import { UPGRADE_ANNOTATION } from "../../../components/cluster/versionsPlan";
import { scriptClock } from "../../support/scriptClock";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(300_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "upgrade-gates-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));
const clock = scriptClock(temporary);

const CLUSTER = "kubeadm-kafka/ours";

/** Runs that hold locks, until the end of a test. */
const otherRuns: ChildProcess[] = [];
afterEach(() => otherRuns.splice(0).forEach((run) => run.kill()));

/** A control plane, and what its API server says about the node `worker` and about gates. */
class ControlPlane {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "control-plane-"));
  /** What the last step printed. */
  private printed = "";

  constructor(facts: Record<string, string> = {}) {
    for (const folder of ["bin", "run", "log", "var/lib/kubeadm-kafka"])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    fs.writeFileSync(path.join(this.dir, "bin/kubectl"), KUBECTL, { mode: 0o755 });
    this.write("var/lib/kubeadm-kafka/owner", `${CLUSTER}\n`);
    const sound = { version: "v1.34.4", ready: "True", others: "master True\n", gates: "", end: "Complete" };
    for (const [name, text] of Object.entries({ ...sound, ...facts })) this.write(name, text);
  }

  write(file: string, text: string): void {
    fs.writeFileSync(path.join(this.dir, file), text);
  }

  read(file: string): string {
    const target = path.join(this.dir, file);
    return fs.existsSync(target) ? fs.readFileSync(target, "utf8").trim() : "";
  }

  /** Another run holds these locks. */
  hold(...locks: string[]): void {
    const folder = path.join(this.dir, "run/kubeadm-kafka-scripts");
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [first, ...others] = locks.map((lock) => path.join(folder, lock));
    const inner = others.map((lock) => ["flock", "--no-fork", lock]).flat();
    const run = spawn("flock", [
      "--no-fork",
      first!,
      ...inner,
      "bash",
      "-c",
      `echo held >${this.dir}/held-by-another; exec sleep 600`,
    ]);
    otherRuns.push(run);
    while (!fs.existsSync(path.join(this.dir, "held-by-another"))) spawnSync("sleep", ["0.1"]);
  }

  /** Runs a step. @param dieAt the machine loses power before this change of the API server's objects @default never */
  private run(action: "beforeUpgrade" | "afterUpgrade", inputs: Record<string, string>, dieAt: number) {
    fs.rmSync(path.join(this.dir, "changes"), { force: true });
    const script = composeScript("worker", actions[action], { CLUSTER, AT: "master", ...inputs })
      .replaceAll(/(?<![\w/.])\/(etc|run|var\/lib)\//g, `${this.dir}/$1/`)
      .replaceAll("/var/log/", `${this.dir}/log/`)
      .replaceAll(/SECONDS \+ (300|120)/g, "SECONDS + 1")
      .replaceAll(/SECONDS \+ (1800|600)/g, "SECONDS + 10")
      .replaceAll("flock --wait 1800", "flock --wait 1");
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, ...clock, DIR: this.dir, DIE_AT: String(dieAt) };
    const command = ["--wait", "bash", "-s", "--", "create"];
    const { status, stderr, stdout } = spawnSync("setsid", command, { input: script, encoding: "utf8", env });
    this.printed = stdout;
    const did = this.read("did").split("\n").filter(Boolean);
    fs.rmSync(path.join(this.dir, "did"), { force: true });
    return { status, stderr, did };
  }

  before(dieAt = 0, role: "worker" | "control-plane" = "worker", task: Partial<HostTask> = {}) {
    return this.run("beforeUpgrade", beforeUpgradeInputs(role, "1.35.4", { ...NO_TASK, ...task }), dieAt);
  }

  /** The last step's result. */
  result(): string {
    return readResult(this.printed, (text) => text, { host: "master", step: "before-upgrade" });
  }

  after(dieAt = 0, task: Partial<HostTask> = {}) {
    return this.run("afterUpgrade", afterUpgradeInputs("1.35.4", "", { ...NO_TASK, ...task }), dieAt);
  }
}

const KUBECTL = `#!/bin/bash
did() { echo "$*" >>"$DIR/did"; }
change() {
  echo x >>"$DIR/changes"
  [[ $(wc -l <"$DIR/changes") != "$DIE_AT" ]] || kill -KILL 0
  did "$@"
}
[[ ! -e $DIR/fails-at || $* != *$(<"$DIR/fails-at")* ]] || { echo "connection refused" >&2; exit 1; }
case "$*" in
"get --raw"*) ;;
"get nodes "*) cat "$DIR/others"; echo "worker $(<"$DIR/ready")" ;;
"get node worker"*kubeadm-kafka/host*)
  if [[ -s $DIR/reports ]]; then head -n 1 "$DIR/reports"; sed -i 1d "$DIR/reports"; else cat "$DIR/report" 2>/dev/null || true; fi ;;
"get node worker"*annotations*) cat "$DIR/note" 2>/dev/null || true ;;
"get node worker"*unschedulable*) cat "$DIR/unschedulable" 2>/dev/null || true ;;
"get node worker"*Ready*) echo -n "$(<"$DIR/version") $(<"$DIR/ready")" ;;
"get node worker"*kubeletVersion*) echo -n "$(<"$DIR/version")" ;;
"get pod kube-apiserver-worker"*) echo -n "registry/kube-apiserver:$(<"$DIR/api-server")" ;;
"annotate node worker kubeadm-kafka/upgrade-") change "\${@: -1}"; rm "$DIR/note" ;;
"annotate node worker kubeadm-kafka/upgrade="*) change "$4"; echo -n "\${4#*=}" >"$DIR/note" ;;
"annotate node worker kubeadm-kafka/"*) change "$4" ;;
"cordon worker") change cordon; echo true >"$DIR/unschedulable" ;;
"uncordon worker") change uncordon; rm -f "$DIR/unschedulable" ;;
"drain worker"*) change "$*"; [[ ! -e $DIR/held ]] || { echo "error when evicting pods/x: budget" >&2; exit 1; } ;;
"get cronjobs --all-namespaces --selector kubeadm-kafka/gate=true "*) cat "$DIR/gates" ;;
"get statefulsets --all-namespaces "*kubeadm-kafka/version*) cat "$DIR/kafkas" 2>/dev/null || true ;;
"get cronjob "*containers*) echo -n gate ;;
"create job "*) echo "$*" ;;
"set env "*) cat; echo "$*" ;;
"create --filename -") change "$(xargs)" ;;
"get job "*) if [[ -e $DIR/job-gone ]]; then echo "Error from server (NotFound): jobs" >&2; exit 1; else echo "SuccessCriteriaMet $(<"$DIR/end")"; fi ;;
"logs "*) echo "all replicas are in sync" ;;
"delete job "*) did "$*" ;;
*) did "unexpected $*" ;;
esac
`;

const drained = "drain worker --ignore-daemonsets --delete-emptydir-data --timeout 600s";
const asked = (moment: string) => [
  `delete job gate-${moment} --namespace kafka --ignore-not-found --cascade foreground`,
  `create job gate-${moment} --namespace kafka --from cronjob/gate --dry-run=client --output json set env --local --filename - ` +
    `--containers gate --output json NODE=worker MOMENT=${moment}`,
  `delete job gate-${moment} --namespace kafka --ignore-not-found --wait=false`,
];
const kafka = { gates: "kafka gate\n" };

test("previews and scripts mean the same annotation", () =>
  expect(readScript("lib/upgrading")).toContain(`upgrade_note=${UPGRADE_ANNOTATION}\n`));

describe("before its upgrade, a node", () => {
  test("is cordoned and drained once all gates let it go", () =>
    expect(new ControlPlane(kafka).before()).toEqual({
      status: 0,
      stderr: "",
      did: [...asked("before"), "kubeadm-kafka/upgrade=cordoned", "cordon", drained],
    }));

  test("isn't touched while Kafka of a release before gates has none, which would be interrupted unasked", () => {
    const { status, stderr, did } = new ControlPlane({ ...kafka, kafkas: "kafka\nanother\n" }).before();
    expect(stderr).toMatch(/Kafka in the namespace another has no gate yet[^]*KK924/);
    expect({ status, did }).toEqual({ status: 1, did: [] });
    expect(new ControlPlane({ ...kafka, kafkas: "kafka\n" }).before().did).toContain("cordon");
  });

  test("isn't touched if it is at the version", () =>
    expect(new ControlPlane({ ...kafka, version: "v1.35.4" }).before()).toEqual({ status: 0, stderr: "", did: [] }));

  test("is freed if it is a control plane whose API server isn't at the version", () => {
    const server = (version: string) => new ControlPlane({ version: "v1.35.4", "api-server": version });
    expect(server("v1.34.4").before(0, "control-plane").did).toContain("cordon");
    expect(server("v1.35.4").before(0, "control-plane").did).toEqual([]);
  });

  test("isn't touched while another node is not ready", () => {
    const { status, stderr, did } = new ControlPlane({ ...kafka, others: "master True\nworker-2 Unknown\n" }).before();
    expect({ status, did }).toEqual({ status: 1, did: [] });
    expect(stderr).toMatch(/other nodes are not Ready \(worker-2\).*\[KK903\]\n$/);
  });

  test("isn't touched if a gate doesn't let it go; the error has the end of what the gate said", () => {
    const { status, stderr, did } = new ControlPlane({ ...kafka, end: "Failed" }).before();
    expect({ status, did }).toEqual({ status: 1, did: asked("before").slice(0, 2) });
    expect(stderr).toMatch(/the gate kafka\/gate does not let worker go on .*\nall replicas are in sync \[KK912\]\n$/s);
  });

  test("isn't touched if somebody has deleted the gate's Job", () =>
    expect(new ControlPlane({ ...kafka, "job-gone": "" }).before()).toMatchObject({
      status: 1,
      did: asked("before").slice(0, 2),
    }));

  test("takes pods as before if its pods don't move", () => {
    const { status, stderr, did } = new ControlPlane({ held: "" }).before();
    expect(status).toBe(1);
    expect(stderr).toMatch(/takes pods as before: error when evicting pods\/x: budget \[KK911\]\n$/);
    expect(did.slice(3)).toEqual(["uncordon", "kubeadm-kafka/upgrade=begun"]);
  });

  test("stays cordoned if an administrator has cordoned it, also if its pods don't move", () => {
    expect(new ControlPlane({ unschedulable: "true" }).before().did).toEqual(["kubeadm-kafka/upgrade=begun", drained]);
    const { did } = new ControlPlane({ unschedulable: "true", held: "" }).before();
    expect(did).toEqual(["kubeadm-kafka/upgrade=begun", drained]);
  });

  test("takes pods again before the gates are asked again, if the step was interrupted", () => {
    const plane = new ControlPlane(kafka);
    plane.before(4); // at the drain
    expect(plane.before().did).toEqual([
      "uncordon",
      "kubeadm-kafka/upgrade=begun",
      ...asked("before"),
      "kubeadm-kafka/upgrade=cordoned",
      "cordon",
      drained,
    ]);
  });
});

test("the step after an upgrade follows one that has begun, also where the version was set back since", () => {
  const plane = new ControlPlane();
  const resultAt = (version: string): string => {
    plane.write("version", version);
    plane.before();
    return plane.result();
  };
  const untouched = resultAt("v1.35.4");
  expect(untouched).toBe("no upgrade has begun");
  const drainedOnce = resultAt("v1.34.4");
  const setBack = resultAt("v1.35.4"); // the version that the config has again is the one that runs
  expect(new Set([untouched, drainedOnce, setBack]).size).toBe(3);
  plane.after();
  expect(resultAt("v1.35.4")).toBe(untouched);
});

describe("after its upgrade, a node", () => {
  const done = { ...kafka, version: "v1.35.4" };

  test("takes pods, and the next one waits until the gates have found them well", () =>
    expect(new ControlPlane({ ...done, note: "cordoned", unschedulable: "true" }).after()).toEqual({
      status: 0,
      stderr: "",
      did: ["uncordon", "kubeadm-kafka/upgrade=begun", ...asked("after"), "kubeadm-kafka/upgrade-"],
    }));

  test("stays cordoned if an administrator had cordoned it", () =>
    expect(new ControlPlane({ ...done, note: "begun", unschedulable: "true" }).after().did).not.toContain("uncordon"));

  test("isn't touched if no upgrade had begun", () =>
    expect(new ControlPlane({ ...done, unschedulable: "true" }).after()).toEqual({ status: 0, stderr: "", did: [] }));

  test.each([
    ["has the former version", { version: "v1.34.4" }],
    ["isn't ready", { ready: "False" }],
  ])("gets no pods while it %s", (_, facts) => {
    const { status, stderr, did } = new ControlPlane({ ...done, note: "cordoned", ...facts }).after();
    expect({ status, did }).toEqual({ status: 1, did: [] });
    expect(stderr).toContain("[KK913]");
  });

  test("is cordoned by an administrator from here on, if its gate fails", () => {
    const plane = new ControlPlane({ ...done, note: "cordoned", unschedulable: "true", end: "Failed" });
    expect(plane.after().status).toBe(1);
    plane.write("unschedulable", "true");
    plane.write("end", "Complete");
    expect(plane.after().did).toEqual([...asked("after"), "kubeadm-kafka/upgrade-"]);
  });
});

describe("a host that is to be rebooted", () => {
  const current = { ...kafka, version: "v1.35.4", report: '{"boot":"a","reboot":"an old kernel"}' };

  test("is freed of its pods once all gates let it go, and the boot that ends is written down first", () =>
    expect(new ControlPlane(current).before(0, "worker", { boot: "a" })).toEqual({
      status: 0,
      stderr: "",
      did: [
        ...asked("before"),
        "kubeadm-kafka/left-boot=a",
        "kubeadm-kafka/upgrade=cordoned",
        "cordon",
        "drain worker --ignore-daemonsets --delete-emptydir-data --timeout 600s",
      ],
    }));

  test("isn't touched if it runs in another boot already, or if no reboot is due", () => {
    const nothing = { status: 0, stderr: "", did: [] };
    expect(new ControlPlane({ ...current, report: '{"boot":"b"}' }).before(0, "worker", { boot: "a" })).toEqual(
      nothing,
    );
    expect(new ControlPlane(current).before()).toEqual(nothing);
  });

  test("isn't touched if the API server doesn't say which boot it runs in", () => {
    const plane = new ControlPlane({ ...current, "fails-at": "kubeadm-kafka/host" });
    expect(plane.before(0, "worker", { boot: "a" })).toMatchObject({ status: 1, did: [] });
  });

  test("gets no pods before it reports another boot", () => {
    const note = { note: "cordoned", unschedulable: "true" };
    const { status, stderr, did } = new ControlPlane({ ...current, ...note }).after(0, { boot: "a" });
    expect({ status, did }).toEqual({ status: 1, did: [] });
    expect(stderr).toContain("[KK987]");
  });

  test("doesn't count as back while the API server can't say which boot it runs in", () => {
    const note = { note: "cordoned", unschedulable: "true", "fails-at": "kubeadm-kafka/host" };
    expect(new ControlPlane({ ...current, ...note }).after(0, { boot: "a" })).toMatchObject({ status: 1, did: [] });
  });

  test("takes pods when it is back and ready, and the gates are asked then", () => {
    const plane = new ControlPlane({ ...current, note: "cordoned", unschedulable: "true", report: '{"boot":"b"}' });
    plane.write("reports", '{"boot":"a","reboot":"an old kernel"}\n');
    expect(plane.after(0, { boot: "a" })).toEqual({
      status: 0,
      stderr: "",
      did: ["uncordon", "kubeadm-kafka/upgrade=begun", ...asked("after"), "kubeadm-kafka/upgrade-"],
    });
    expect(plane.read("reports")).toBe("");
  });

  test("takes pods again if the reboot is no longer wanted after an interrupted drain", () => {
    const plane = new ControlPlane(current);
    plane.before(5, "worker", { boot: "a" }); // at the drain
    expect(plane.before().did).toEqual(["uncordon", "kubeadm-kafka/upgrade=begun"]);
  });
});

describe("a host whose packages are to be updated", () => {
  const updates = "containerd=1.7.24-1 runc=1.1.15-1";
  const current = { ...kafka, version: "v1.35.4", report: `{"boot":"a","updates":"${updates}"}` };

  test("is freed of its pods once all gates let it go, and the task is written down first", () => {
    const { did, ...end } = new ControlPlane(current).before(0, "worker", { updates });
    expect(end).toEqual({ status: 0, stderr: "" });
    expect(did.slice(3, 6)).toEqual([`kubeadm-kafka/updates=${updates}`, "kubeadm-kafka/upgrade=cordoned", "cordon"]);
  });

  test("isn't touched if it needs no updates, or other ones than the preview has listed", () => {
    const nothing = { status: 0, stderr: "", did: [] };
    const reporting = (report: string) => new ControlPlane({ ...current, report }).before(0, "worker", { updates });
    expect(reporting('{"boot":"a"}')).toEqual(nothing);
    expect(reporting('{"boot":"a","updates":"runc=1.1.16-1"}')).toEqual(nothing);
  });

  test("takes pods when it no longer reports that it needs them", () => {
    const freed = { ...current, note: "cordoned", unschedulable: "true" };
    const { status, stderr, did } = new ControlPlane(freed).after(0, { updates });
    expect({ status, did }).toEqual({ status: 1, did: [] });
    expect(stderr).toContain("[KK988]");
    expect(new ControlPlane({ ...freed, report: '{"boot":"a"}' }).after(0, { updates }).did[0]).toBe("uncordon");
  });
});

test("a step that has nothing to do waits neither for the host's own lock nor for other nodes' steps", () => {
  const plane = new ControlPlane({ version: "v1.35.4" });
  plane.hold("lock", "upgrades");
  expect([plane.before().status, plane.after().status]).toEqual([0, 0]);
});

test("a step that has something to do waits for one that is at work", () => {
  const plane = new ControlPlane();
  plane.hold("upgrades");
  expect(plane.before()).toMatchObject({ status: 1, stderr: expect.stringContaining("[KK712]") as string, did: [] });
});

test.each(["before", "after"] as const)(
  "wherever the step %s is interrupted, the next run ends as one that wasn't",
  (moment) => {
    for (let at = 1; ; at++) {
      const plane =
        moment === "before"
          ? new ControlPlane(kafka)
          : new ControlPlane({ ...kafka, version: "v1.35.4", note: "cordoned", unschedulable: "true" });
      if (plane[moment](at).status === 0) return expect(at).toBeGreaterThan(4);
      expect({ at, status: plane[moment]().status }).toEqual({ at, status: 0 });
      const expected =
        moment === "before" ? { note: "cordoned", unschedulable: "true" } : { note: "", unschedulable: "" };
      expect({ at, note: plane.read("note"), unschedulable: plane.read("unschedulable") }).toEqual({ at, ...expected });
    }
  },
);
