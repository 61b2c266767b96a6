import { readInterruption, stackIn, stackOf } from "../../../components/interrupted/plan";

const MARK = "kubeadm-kafka/interrupted";
const secret = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "v1:abc" };

const urn = (type: string, name: string) => `urn:pulumi:dev::kubeadm-kafka::${type}::${name}`;
const object = (kind: string, name: string, inputs: Record<string, unknown>) => ({
  urn: urn(`kubernetes:apps/v1:${kind}`, name),
  type: `kubernetes:apps/v1:${kind}`,
  custom: true,
  inputs,
  outputs: { ...structuredClone(inputs), __inputs: structuredClone(inputs), __fieldManager: "pulumi" },
});
const command = (name: string) => ({
  urn: urn("command:remote:Command", name),
  type: "command:remote:Command",
  custom: true,
  inputs: { create: "bash", stdin: secret },
  outputs: { create: "bash", stdin: secret, stdout: "" },
});
const set = (name: string) => object("StatefulSet", name, { metadata: { name }, spec: { replicas: 3 } });

interface Read {
  resources: { inputs: Record<string, unknown>; outputs: Record<string, unknown> }[];
}
const read = (resources: object[], ...operations: { type: string; resource: object }[]) => {
  const interruption = readInterruption(JSON.stringify({ deployment: { resources, pending_operations: operations } }));
  return { ...interruption, ...(JSON.parse(interruption.state) as { deployment: Read }).deployment };
};

test("an object that was being updated is marked in a property that the plugin compares, and in nothing else", () => {
  const { resources, changes, toRefresh } = read([set("kafka"), set("other")], {
    type: "updating",
    resource: set("kafka"),
  });
  const metadata = { name: "kafka", annotations: { [MARK]: "updating" } };
  const marked = { metadata, spec: { replicas: 3 } };
  expect(resources[0]!.inputs).toEqual(marked);
  expect(resources[0]!.outputs).toEqual({ ...marked, __inputs: marked, __fieldManager: "pulumi" });
  expect(resources[1]).toEqual(set("other"));
  expect(changes).toEqual(["updating StatefulSet kafka"]);
  expect(toRefresh).toEqual([]);
});

test("the object's own annotations stay", () => {
  const own = object("DaemonSet", "calico-node", { metadata: { annotations: { of: "ours" } } });
  const { resources } = read([own], { type: "updating", resource: own });
  expect(resources[0]!.inputs["metadata"]).toEqual({ annotations: { of: "ours", [MARK]: "updating" } });
});

test("a Job's template differs, so that it runs again", () => {
  const job = object("Job", "kafka-roll", { metadata: {}, spec: { template: { metadata: {}, spec: {} } } });
  const { resources } = read([job], { type: "deleting", resource: job });
  expect(resources[0]!.inputs["spec"]).toEqual({
    template: { metadata: { annotations: { [MARK]: "deleting" } }, spec: {} },
  });
});

test("after an interrupted update, pods that started meanwhile are replaced and Kafka is verified; topics' Jobs don't run", () => {
  const job = (name: string) => object("Job", name, { metadata: {}, spec: { template: { metadata: {} } } });
  const jobs = ["kafka-roll", "kafka-rebalance", "kafka-verification", "kafka-topic-orders"].map(job);
  const { resources, changes } = read([...jobs, set("kafka")], { type: "updating", resource: set("kafka") });
  const marked = resources.slice(0, 4).map((resource) => JSON.stringify(resource.inputs).includes(MARK));
  expect(marked).toEqual([true, true, true, false]);
  expect(changes).toEqual(["updating StatefulSet kafka"]);
});

test("a host's script runs again; its delete script stays unchanged", () => {
  const { resources } = read([command("prepare")], { type: "updating", resource: command("prepare") });
  const { inputs, outputs } = command("prepare");
  expect(resources[0]).toMatchObject({
    inputs: { ...inputs, logging: "stderr" },
    outputs: { ...outputs, logging: "stderr" },
  });
});

test("a failed host's script runs again, and Kafka is verified; no other and no deleted resource is marked", () => {
  const job = object("Job", "kafka-verification", { metadata: {}, spec: { template: { metadata: {} } } });
  const resources = [command("prepare"), command("join"), set("kafka"), job];
  const noted = [command("prepare").urn, command("gone").urn, set("kafka").urn];
  const { state, failures, changes } = readInterruption(JSON.stringify({ deployment: { resources } }), noted);
  const [prepare, ...others] = (JSON.parse(state) as { deployment: Read }).deployment.resources;
  expect([failures, changes]).toEqual([["Command prepare"], []]);
  expect(prepare).toMatchObject({ inputs: { logging: "stderr" }, outputs: { logging: "stderr" } });
  expect(others.slice(0, 2)).toEqual([command("join"), set("kafka")]);
  expect(JSON.stringify(others[2])).toContain(MARK);
});

test("a state says which stack it is of, as long as it has resources", () => {
  const state = (resources: object[]) => JSON.stringify({ deployment: { resources } });
  const { urn } = command("prepare");
  expect(stackOf(state([command("prepare")]))).toBe(stackIn(urn));
  expect(stackIn(urn.replace(/^urn:pulumi:[^:]+/, "urn:pulumi:dev2"))).toBe("dev2");
  expect(stackOf(state([]))).toBeUndefined();
});

test.each([
  ["an object", set("kafka"), true],
  ["a host's script", command("prepare"), true],
  [
    "a machine in a cloud, of which Pulumi warns",
    { ...command("prepare"), type: "gcp:compute/instance:Instance" },
    false,
  ],
])("a killed creation of %s is forgotten before it is done again: %p", (_, resource, expected) => {
  const operations = [{ type: "creating", resource }];
  const { changes, forgetsCreations } = readInterruption(
    JSON.stringify({ deployment: { resources: [], pending_operations: operations } }),
  );
  expect([changes, forgetsCreations]).toEqual([[], expected]);
});

test("no killed creation is forgotten beside one of a machine in a cloud, of which Pulumi has to go on warning", () => {
  const machine = { ...command("machine"), type: "gcp:compute/instance:Instance" };
  const operations = [machine, set("kafka")].map((resource) => ({ type: "creating", resource }));
  const exported = JSON.stringify({ deployment: { resources: [], pending_operations: operations } });
  expect(readInterruption(exported).forgetsCreations).toBe(false);
});

test("for an object that was being deleted, the API server is asked whether it exists, and asked again if it didn't answer", () => {
  const first = read([set("kafka")], { type: "deleting", resource: set("kafka") });
  expect(first.toRefresh).toEqual([set("kafka").urn]);
  const second = read(first.resources);
  expect(second.changes).toEqual([]);
  expect(second.toRefresh).toEqual([set("kafka").urn]);
});

test("resources that can't be marked are refreshed: another plugin's, and an object whose metadata is encrypted", () => {
  const instance = {
    urn: urn("gcp:compute/instance:Instance", "a"),
    type: "gcp:compute/instance:Instance",
    custom: true,
  };
  const hidden = object("Secret", "hidden", { metadata: secret });
  const { toRefresh } = read(
    [instance, hidden],
    { type: "updating", resource: instance },
    { type: "updating", resource: hidden },
  );
  expect(toRefresh).toEqual([instance.urn, hidden.urn]);
});

test("operations that Pulumi continues itself are left to it", () => {
  const replaced = { ...set("replaced"), delete: true };
  const deleted = { ...set("deleted"), pendingReplacement: true };
  const current = set("replaced");
  const given = [replaced, deleted, current];
  const { changes, resources } = read(
    given,
    { type: "deleting", resource: replaced }, // its successor is there
    { type: "creating", resource: deleted },
    { type: "creating", resource: set("new") },
    { type: "reading", resource: current },
  );
  expect(changes).toEqual([]);
  expect(resources).toEqual(given);
});

test("nothing is marked if nothing was interrupted", () => {
  const { state, changes, failures, toRefresh } = readInterruption(JSON.stringify({ version: 3, deployment: {} }));
  expect([state, changes, failures, toRefresh]).toEqual([JSON.stringify({ version: 3, deployment: {} }), [], [], []]);
});
