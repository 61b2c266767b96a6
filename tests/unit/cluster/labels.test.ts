import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { actions } from "../../../components/cluster/actions";
import { composeScript } from "../../../components/cluster/hostScript";
import { labelInputs } from "../../../components/cluster/steps/labelPlan";
import type { Role } from "../../../components/hosts/host";
import type { NodeMarks } from "../../../components/hosts/nodeMarks";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const temporary = fs.mkdtempSync(path.join(os.tmpdir(), "labels-"));
afterAll(() => fs.rmSync(temporary, { recursive: true }));

interface NodeState {
  labels: Record<string, string>;
  taints: string[];
  annotations?: Record<string, string>;
  /** Whether the API server doesn't answer requests for the Node. @default false */
  silent?: boolean;
  /** The part of the Node that the API server doesn't return. @default none */
  hidden?: ".metadata.labels" | ".spec.taints";
}

type Marks = NodeMarks & { role?: Role; scheduleOnControlPlane?: boolean };

/** A control plane with a worker's Node object in a file, which its kubectl changes as the real one does. */
class Machine {
  private readonly dir = fs.mkdtempSync(path.join(temporary, "machine-"));
  private readonly file = path.join(this.dir, "node.json");

  constructor(state: Partial<NodeState> | undefined) {
    for (const folder of ["bin", "run/lock", "log", "record"])
      fs.mkdirSync(path.join(this.dir, folder), { recursive: true });
    fs.writeFileSync(path.join(this.dir, "record/owner"), "kafka\n");
    fs.writeFileSync(path.join(this.dir, "bin/kubectl"), `#!${process.execPath}\n${KUBECTL}`, { mode: 0o755 });
    if (state) this.node = { labels: {}, taints: [], annotations: {}, ...state };
  }

  get node(): NodeState {
    return JSON.parse(fs.readFileSync(this.file, "utf8")) as NodeState;
  }

  set node(state: NodeState) {
    fs.writeFileSync(this.file, JSON.stringify(state));
  }

  /** @param dies number of changes of the Node object after which the host loses its power */
  run(marks: Marks, moment: "create" | "delete" = "create", dies = Infinity): { status: number; stderr: string } {
    const { scheduleOnControlPlane = true, ...host } = marks;
    const inputs = {
      CLUSTER: "kafka",
      AT: "master",
      ...labelInputs({ role: "worker", ...host }, scheduleOnControlPlane),
    };
    const script = composeScript("worker", actions.labels, inputs)
      .replaceAll("/run/", `${this.dir}/run/`)
      .replaceAll("/var/lib/kubeadm-kafka", `${this.dir}/record`)
      .replaceAll("/var/log/", `${this.dir}/log/`);
    const env = { PATH: `${this.dir}/bin:${process.env.PATH}`, NODE: this.file, DIES: String(dies) };
    const { status, stderr } = spawnSync("bash", ["-s", "--", moment], { input: script, encoding: "utf8", env });
    return { status: status!, stderr };
  }
}

/** A kubectl with the commands and errors that labels.sh depends on. All of them need an administrator's rights. */
const KUBECTL = `
const fs = require("fs");
const [verb, ...args] = process.argv.slice(2);
const words = args.filter((each) => !each.startsWith("--") && each !== "node" && each !== "worker");
if (args.includes("/readyz")) process.exit(0);
if (process.env.KUBECONFIG !== "/etc/kubernetes/admin.conf") fail("forbidden");
if (!fs.existsSync(process.env.NODE)) process.exit(args.includes("--ignore-not-found") ? 0 : fail("no such node"));
const node = JSON.parse(fs.readFileSync(process.env.NODE, "utf8"));
if (node.silent) fail("timeout");
const idOf = (taint) => taint.replace(/=[^:]*/, "");
if (verb === "get") {
  const [what = ""] = words;
  const [, note] = /annotations\\['(.*)'\\]/.exec(what) ?? [];
  if (node.hidden && what.includes(node.hidden)) fail("timeout");
  if (note) console.log(node.annotations[note] ?? "");
  else if (what.includes(".metadata.labels")) console.log(Object.keys(node.labels).join("\\n"));
  else if (what.includes(".spec.taints")) console.log(node.taints.map(idOf).join("\\n"));
  else console.log("worker Ready");
  process.exit(0);
}
if (words.length === 0) fail("at least one change is required");
const count = process.env.NODE + ".changes";
const done = fs.existsSync(count) ? Number(fs.readFileSync(count)) : 0;
if (done >= Number(process.env.DIES)) fail("no power");
fs.writeFileSync(count, String(done + 1));
for (const word of words) {
  if (verb === "taint") {
    const id = idOf(word).replace(/-$/, "");
    if (word.endsWith("-") && !node.taints.some((each) => idOf(each) === id)) fail("taint not found: " + id);
    node.taints = node.taints.filter((each) => idOf(each) !== id);
    if (!word.endsWith("-")) node.taints.push(word);
  } else {
    const of = node[verb === "label" ? "labels" : "annotations"];
    const [, key, value] = /^([^=]*?)(?:-|=([^]*))$/.exec(word);
    if (value === undefined) delete of[key];
    else of[key] = value;
  }
}
fs.writeFileSync(process.env.NODE, JSON.stringify(node));
function fail(why) {
  console.error(why);
  process.exit(1);
}
`;

const others = {
  labels: { "kubernetes.io/hostname": "worker", disk: "by hand" },
  taints: ["node.kubernetes.io/not-ready=:NoSchedule"],
};
const marks: NodeMarks = { labels: { zone: "a", tier: "fast" }, taints: ["gpu:NoSchedule", "use=kafka:NoExecute"] };
const role = { "node-role.kubernetes.io/worker": "worker" };
const quiet = { status: 0, stderr: "" };

test("a node gets its role and the labels and taints of the config, and keeps all others", () => {
  const machine = new Machine(others);
  expect(machine.run(marks)).toEqual(quiet);
  expect(machine.node).toMatchObject({
    labels: { ...others.labels, ...role, zone: "a", tier: "fast" },
    taints: [...others.taints, "gpu=:NoSchedule", "use=kafka:NoExecute"],
  });
});

test("labels and taints removed from the config are removed, changed ones change, and others' stay", () => {
  const machine = new Machine(others);
  machine.run(marks);
  expect(machine.run({ labels: { zone: "b" }, taints: ["use=spark:NoExecute"] })).toEqual(quiet);
  expect(machine.node.labels).toEqual({ ...others.labels, ...role, zone: "b" });
  expect(machine.node.taints).toEqual([...others.taints, "use=spark:NoExecute"]);
});

test("a label or taint that somebody has removed by hand can be removed from the config", () => {
  const machine = new Machine(others);
  machine.run(marks);
  machine.node = { ...machine.node, ...others };
  expect(machine.run({ labels: { zone: "b" } })).toEqual(quiet);
  expect(machine.node.taints).toEqual(others.taints);
});

test("deleting the resource removes everything that came from the config, including its record", () => {
  const machine = new Machine(others);
  machine.run(marks);
  expect(machine.run(marks, "delete")).toEqual(quiet);
  expect(machine.node).toEqual({ ...others, annotations: {} });
});

test.each([1, 3, 4])("an interruption after %i changes, followed by an undo, leaves nothing", (changes) => {
  const machine = new Machine(others);
  expect(machine.run(marks, "create", changes).status).toBe(1);
  expect(machine.run(marks, "delete")).toEqual(quiet);
  expect(machine.node).toEqual({ ...others, annotations: {} });
});

test("labels and taints aren't left on a node because the API server doesn't say whether it exists", () => {
  const machine = new Machine(others);
  machine.run(marks);
  machine.node = { ...machine.node, silent: true };
  expect(machine.run(marks, "delete").status).toBe(1);
});

test.each([".metadata.labels", ".spec.taints"] as const)(
  "if %s can't be read, the record of the config's former values is kept",
  (hidden) => {
    const machine = new Machine(others);
    machine.run(marks);
    machine.node = { ...machine.node, hidden };
    expect(machine.run({}).status).toBe(1);
    const { labels, taints, annotations } = machine.node;
    machine.node = { labels, taints, ...(annotations && { annotations }) };
    expect(machine.run({})).toEqual(quiet);
    expect(machine.node).toMatchObject({ labels: { ...others.labels, ...role }, taints: others.taints });
    expect(machine.node.labels).not.toHaveProperty("zone");
  },
);

test("a node that is gone already needs no removal", () =>
  expect(new Machine(undefined).run(marks, "delete")).toEqual(quiet));

test("a missing node can't be labelled, and the error names the host that tried", () =>
  expect(new Machine(undefined).run(marks).stderr).toMatch(
    /^worker: labels failed at "label the node" .* The end of \S+kubeadm-kafka\.log on master:\n/,
  ));

test("a worker that was labelled by an earlier version keeps its role", () => {
  const machine = new Machine({ labels: role });
  expect(machine.run({})).toEqual(quiet);
  expect(machine.node.labels).toEqual(role);
});

test("a control plane has its role from kubeadm", () =>
  expect(labelInputs({ role: "control-plane", labels: { zone: "a" } }, true)).toEqual({
    LABELS: "zone=a",
    TAINTS: "",
  }));

describe("the taint of a control plane without ordinary pods", () => {
  const role = "control-plane";
  const kubeadms = "node-role.kubernetes.io/control-plane=:NoSchedule";
  const closed = { role, scheduleOnControlPlane: false } as const;

  test("needs a step of its own, which an untainted control plane has only for its labels and taints", () => {
    expect(labelInputs({ role }, false)).toEqual({ LABELS: "", TAINTS: kubeadms });
    expect(labelInputs({ role }, true)).toBeUndefined();
  });

  test.each([
    ["is set if control planes close to pods", others.taints],
    ["stays where kubeadm or an earlier version has set it", [...others.taints, kubeadms]],
  ])("%s, and goes with its step", (_, taints) => {
    const machine = new Machine({ taints });
    expect(machine.run(closed)).toEqual(quiet);
    expect(machine.node.taints).toEqual([...others.taints, kubeadms]);
    expect(machine.run(closed, "delete")).toEqual(quiet);
    expect(machine.node).toEqual({ labels: {}, taints: others.taints, annotations: {} });
  });

  test("goes if control planes open to pods, while taints from the config stay", () => {
    const machine = new Machine({});
    machine.run({ ...closed, taints: ["use=kafka:PreferNoSchedule"] });
    expect(machine.run({ role, taints: ["use=kafka:PreferNoSchedule"] })).toEqual(quiet);
    expect(machine.node.taints).toEqual(["use=kafka:PreferNoSchedule"]);
  });
});
