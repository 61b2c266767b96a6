import { volumesThatGo, type VolumesOnHosts } from "../../../components/storage/volumesOnHosts";

const node = (name: string) => ({ metadata: { name } });
const volume = (name: string, key: string, host: string) => ({
  metadata: { name },
  spec: { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key, values: [host] }] }] } } },
});
const claim = (name: string, volumeName?: string, deletionTimestamp?: string) => ({
  metadata: { name, namespace: "kafka", ...(deletionTimestamp && { deletionTimestamp }) },
  spec: { ...(volumeName && { volumeName }) },
});

const found: VolumesOnHosts = {
  nodes: ["master", "worker-1", "worker-2"].map(node),
  volumes: [
    volume("pv-0", "kubernetes.io/hostname", "worker-1"),
    volume("pv-1", "kubernetes.io/hostname", "worker-2"),
    volume("pv-2", "topology.kubernetes.io/zone", "worker-2"),
    { metadata: { name: "pv-3" }, spec: {} },
  ],
  claims: [
    claim("data-0", "pv-0"),
    claim("data-1", "pv-1"),
    claim("zonal", "pv-2"),
    claim("far", "pv-3"),
    claim("new"),
  ],
};
const all = new Set(["master", "worker-1", "worker-2"]);
const without = (name: string) => new Set([...all].filter((each) => each !== name));

const refused = (listed: ReadonlySet<string>, unused: string[] = [], state = found) =>
  volumesThatGo(state, listed, new Set(unused));

test("hosts that stay lose nothing", () => expect(refused(all)).toEqual([]));

test("a host that goes is refused with the claims of the volumes on its disk, and with what gives them up", () =>
  expect(refused(without("worker-2"))).toEqual([
    "worker-2 would leave with the volumes of kafka/data-1, which are on its disk. List it again; or, if others have copies " +
      "of what is there, give these up, so that new ones are made elsewhere: kubectl delete pvc data-1 --namespace kafka " +
      "--wait=false. The host was not touched. [KK806]",
  ]));

test("several that go are refused together", () => expect(refused(new Set(["master"]))).toHaveLength(2));

test("a host without volumes may go", () => expect(refused(without("master"))).toEqual([]));

test("a host that has left already has nothing to lose", () =>
  expect(refused(without("worker-2"), [], { ...found, nodes: ["master", "worker-1"].map(node) })).toEqual([]));

test("claims that were given up, or of brokers that were removed, hold nobody", () => {
  expect(refused(without("worker-2"), ["data-1"])).toEqual([]);
  const claims = [claim("data-1", "pv-1", "2026-11-22T00:00:00Z")];
  expect(refused(without("worker-2"), [], { ...found, claims })).toEqual([]);
});
