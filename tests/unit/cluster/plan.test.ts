import {
  byRole,
  controlPlaneInputs,
  joinInputs,
  type PlannedHost,
  preflightInputs,
  prepareInputs,
  togetherMistakes,
} from "../../../components/cluster/plan";

const settings = {
  version: "1.34.4",
  endpoint: "api.cluster.internal",
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.96.0.0/12",
  scheduleOnControlPlane: true,
  encryptSecrets: true,
  volumesPath: "/data/kubeadm-kafka-volumes",
  podImages: ["cni:1", "kafka:2"],
};
const host = (name: string, role: PlannedHost["role"], address: string): PlannedHost => ({ name, role, address });
const master = host("master-1", "control-plane", "10.0.0.1");
const worker = host("worker-1", "worker", "10.0.0.2");

const masters = [master, host("master-2", "control-plane", "10.0.0.3"), host("master-3", "control-plane", "10.0.0.4")];
const result = { joiner: "am9pbmVy", certificateKey: "c0ffee" };

test("control planes keep the config's order wherever they stand in it", () => {
  expect(byRole([worker, master])).toEqual({ controlPlanes: [master], workers: [worker] });
  expect(byRole([masters[1]!, worker, master]).controlPlanes).toEqual([masters[1], master]);
});

test("a cluster without a control plane is refused", () => {
  expect(() => byRole([worker])).toThrow("needs a control plane");
});

test("a host's preparation knows itself alone, so that adding a host changes no other", () => {
  const inputs = prepareInputs(worker, settings, true, { kind: "upstream" });
  expect(inputs).toMatchObject({ ADDRESS: "10.0.0.2", PROXY: "true" });
  expect(JSON.stringify(inputs)).not.toContain(master.address);
});

test("workers pull what pods will run, control planes have enough to do", () => {
  const pulledBy = (host: PlannedHost) => prepareInputs(host, settings, false, { kind: "upstream" }).POD_IMAGES;
  expect(pulledBy(worker)).toBe("cni:1 kafka:2");
  expect(pulledBy(master)).toBe("");
});

test("a worker goes straight to an only control plane, and by way of its own proxy to several", () => {
  const way = (to: PlannedHost[], loadBalancer?: string) => joinInputs(worker, settings, to, loadBalancer, "");
  expect(way([master])).toMatchObject({ API_ADDRESS: "10.0.0.1", API_SERVERS: "" });
  expect(way(masters)).toMatchObject({
    API_ADDRESS: "127.0.0.1",
    API_SERVERS: "master-1=10.0.0.1 master-2=10.0.0.3 master-3=10.0.0.4",
  });
  // …unless the backend has a load balancer
  expect(way(masters, "10.0.0.100")).toMatchObject({ API_ADDRESS: "10.0.0.100", API_SERVERS: "" });
});

test("only the last control plane sends away who isn't listed: by then all that are have joined", () => {
  const last = masters.map((control) => controlPlaneInputs(control, settings, masters, [], result).IS_LAST);
  expect(last).toEqual(["false", "false", "true"]);
  expect(controlPlaneInputs(master, settings, [master], [], result).IS_LAST).toBe("true");
});

test("a mirror's URL is passed without the slash that would double", () => {
  const of = (url: string) => prepareInputs(worker, settings, false, { kind: "mirror", url }).MIRROR;
  expect(of("http://172.30.0.2:5000/")).toBe("http://172.30.0.2:5000");
  expect(prepareInputs(worker, settings, false, { kind: "upstream" }).MIRROR).toBe("");
});

test("requirements have defaults, each can be set alone", () => {
  expect(preflightInputs(worker, settings, [master], false)).toMatchObject({ MIN_MEMORY_MIB: "1700", MIN_DISK_GIB: "8" });
  expect(preflightInputs(worker, settings, [master], false, { diskGiB: 30 })).toMatchObject({
    MIN_MEMORY_MIB: "1700",
    MIN_DISK_GIB: "30",
  });
});

test("hosts that share a machine id are named together, others not at all", () => {
  const facts = new Map([
    ["a", { machineId: "1", mtu: 1500 }],
    ["b", { machineId: "2", mtu: 1500 }],
    ["c", { machineId: "1", mtu: 1500 }],
  ]);
  const mistakes = togetherMistakes(facts);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toMatch(/^a and c have the same machine id 1/);
  expect(togetherMistakes(new Map([...facts].slice(0, 2)))).toEqual([]);
});

test("hosts whose packets have different sizes are told apart by them", () => {
  const facts = new Map([
    ["a", { machineId: "1", mtu: 9000 }],
    ["b", { machineId: "2", mtu: 1500 }],
    ["c", { machineId: "3", mtu: 9000 }],
  ]);
  expect(togetherMistakes(facts)).toEqual([expect.stringMatching(/MTUs: 9000 on a and c, 1500 on b; .* \[KK722\]$/)]);
});
