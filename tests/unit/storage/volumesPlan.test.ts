import { judgeVolumes, type ListedHost, type VolumesOnHosts } from "../../../components/storage/volumesPlan";

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
const all = ["master", "worker-1", "worker-2"].map((name) => ({ name }));
const without = (name: string) => all.filter((host) => host.name !== name);
const nothing = { refusals: [], warnings: [] };
const given = (claims: VolumesOnHosts["claims"]) => ({ ...found, claims });
const seen = (hosts: ListedHost[], state = found, unused: string[] = []) =>
  judgeVolumes(state, hosts, "kafka", (name) => unused.includes(name));

test("hosts that stay lose nothing", () => expect(seen(all)).toEqual(nothing));

test("the removal of a host is refused with the claims of its volumes, and the commands that give them up", () =>
  expect(seen(without("worker-2"))).toEqual({
    refusals: [
      "worker-2 would leave with the volumes of kafka/data-1, which are on its disk. Leave it in the config as it was; or, if others have replicas " +
        "of what is there, close the host to pods and give these up, so that up moves them: kubectl cordon worker-2; kubectl delete " +
        "pvc data-1 --namespace kafka --wait=false. The host was not touched. [KK806]",
    ],
    warnings: [],
  }));

test("removals of several hosts are refused together", () =>
  expect(seen([{ name: "master" }]).refusals).toHaveLength(2));

test("a host without volumes may leave", () => expect(seen(without("master"))).toEqual(nothing));

test("for a host that is lost or has left, a warning names the lost volumes and how to get new ones", () => {
  const warnings = [
    "the volumes of kafka/data-1 are gone with worker-2, and their pods wait for it; to have new ones made elsewhere: " +
      "kubectl delete pvc data-1 --namespace kafka --wait=false",
  ];
  expect(seen([...without("worker-2"), { name: "worker-2", lost: true }])).toEqual({ refusals: [], warnings });
  expect(seen(without("worker-2"), { ...found, nodes: ["master", "worker-1"].map(node) })).toEqual({
    refusals: [],
    warnings,
  });
});

test("claims that were given up, or of removed brokers, keep no host", () => {
  expect(seen(without("worker-2"), found, ["data-1"])).toEqual(nothing);
  expect(seen(without("worker-2"), given([claim("data-1", "pv-1", "2026-11-22T00:00:00Z")]))).toEqual(nothing);
});

test("hosts with volumes that were given up leave one at a time, since two may have the only replicas of a partition", () => {
  const gone = ["data-0", "data-1"].map((name, at) => claim(name, `pv-${at}`, "2026-11-22T00:00:00Z"));
  expect(seen([{ name: "master" }], given(gone)).refusals).toEqual([
    "worker-1 and worker-2 would leave together, with the volumes of kafka/data-0, kafka/data-1, which were given up: what only " +
      "they have would be lost. List worker-2 again, and take off one host an up. No host was touched. [KK844]",
  ]);
  expect(seen(without("worker-2"), given(gone))).toEqual(nothing);
  expect(seen(all, given(gone))).toEqual(nothing);
});

describe("a host that would repel pods", () => {
  const repelling = (name: string, by = "its taint x=y:NoExecute") =>
    all.map((host) => (host.name === name ? { ...host, repelsBy: by } : host));

  test("is refused with the claims of its volumes, and both remedies", () =>
    expect(
      seen(repelling("worker-2"), given([claim("data-kafka-1", "pv-1"), claim("data-1-kafka-1", "pv-1")])),
    ).toEqual({
      refusals: [
        "worker-2 has the volumes of kafka/data-kafka-1, kafka/data-1-kafka-1 on its disk, and by its taint x=y:NoExecute it " +
          "would repel their pods, which can start nowhere else. Take that back; or, if others have replicas of what is there, " +
          "give these up, so that up moves them: kubectl delete pvc data-kafka-1 --namespace kafka --wait=false; kubectl delete pvc " +
          "data-1-kafka-1 --namespace kafka --wait=false. No pod was moved. [KK840]",
      ],
      warnings: [],
    }));

  test("is accepted without volumes, or after they were given up", () => {
    expect(seen(repelling("master"))).toEqual(nothing);
    expect(seen(repelling("worker-2"), given([claim("data-1", "pv-1", "2026-11-22T00:00:00Z")]))).toEqual(nothing);
    expect(seen(repelling("worker-2"), found, ["data-1"])).toEqual(nothing);
  });

  test("doesn't count for others' pods, which may tolerate the taint", () => {
    const others = { ...claim("data-1", "pv-1"), metadata: { name: "data-1", namespace: "shop" } };
    expect(seen(repelling("worker-2"), given([others]))).toEqual(nothing);
  });
});
