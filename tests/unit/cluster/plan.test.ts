import {
  identityMistakes,
  joinOrder,
  type PlannedHost,
  preflightInputs,
  prepareInputs,
} from "../../../components/cluster/plan";

const settings = {
  version: "1.34.4",
  endpoint: "api.cluster.internal",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  scheduleOnControlPlane: true,
  volumesPath: "/data/kubeadm-kafka-volumes",
};
const host = (name: string, role: PlannedHost["role"], address: string): PlannedHost => ({ name, role, address });
const master = host("master-1", "control-plane", "10.0.0.1");
const worker = host("worker-1", "worker", "10.0.0.2");

test("the control plane is first wherever it stands in the list, and the rest join it", () => {
  expect(joinOrder([worker, master])).toEqual({ first: master, workers: [worker] });
});

test("a single host is a cluster", () => {
  expect(joinOrder([master])).toEqual({ first: master, workers: [] });
});

test.each([
  ["none", [worker], 0],
  ["two", [master, host("master-2", "control-plane", "10.0.0.3")], 2],
])("%s control planes are refused", (_, hosts, count) => {
  expect(() => joinOrder(hosts)).toThrow(`there are ${count}`);
});

test("a host's preparation knows itself and the API server's address, so that adding a host changes no other", () => {
  const inputs = prepareInputs(worker, settings, master.address, { kind: "upstream" });
  expect(inputs).toMatchObject({ ADDRESS: "10.0.0.2", ENDPOINT: "api.cluster.internal", ENDPOINT_ADDRESS: "10.0.0.1" });
});

test("a mirror's URL is passed without the slash that would double", () => {
  const of = (url: string) => prepareInputs(worker, settings, master.address, { kind: "mirror", url }).MIRROR;
  expect(of("http://172.30.0.2:5000/")).toBe("http://172.30.0.2:5000");
  expect(prepareInputs(worker, settings, master.address, { kind: "upstream" }).MIRROR).toBe("");
});

test("requirements have defaults, each can be set alone", () => {
  expect(preflightInputs(worker, settings)).toMatchObject({ MIN_MEMORY_MIB: "1700", MIN_DISK_GIB: "8" });
  expect(preflightInputs(worker, settings, { diskGiB: 30 })).toMatchObject({
    MIN_MEMORY_MIB: "1700",
    MIN_DISK_GIB: "30",
  });
});

test("hosts that share a machine id are named together, others not at all", () => {
  const facts = new Map([
    ["a", { machineId: "1" }],
    ["b", { machineId: "2" }],
    ["c", { machineId: "1" }],
  ]);
  const mistakes = identityMistakes(facts);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(/^a and c have the same machine id 1/);
  expect(identityMistakes(new Map([...facts].slice(0, 2)))).toEqual([]);
});
