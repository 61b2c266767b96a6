import { adoption, type FoundVolume, kafkaVolumes, keysOf } from "../../../components/cluster/restore/volumesPlan";

const ID = "p8iz8I1nQ1qcTQvYp0BzJg";
const resource = (type: string, name: string, outputs: object) => ({
  urn: `urn:pulumi:dev::p::a$b$${type}::${name}`,
  outputs,
});
const template = (name: string) => ({
  metadata: { name },
  spec: { storageClassName: "local-path", resources: { requests: { storage: "10Gi" } } },
});
const set = (replicas: number, app = "kafka") =>
  resource("kubernetes:apps/v1:StatefulSet", app, {
    metadata: { name: app, namespace: "kafka" },
    spec: {
      replicas,
      selector: { matchLabels: { "app.kubernetes.io/name": app } },
      volumeClaimTemplates: [template("data"), template("data-1")],
    },
  });
const kept = resource("kubernetes:core/v1:ConfigMap", "kafka-cluster-id", {
  metadata: { name: "kafka-kafka-cluster-id", namespace: "kube-system" },
  data: { clusterId: ID },
});
const state = (...resources: object[]) => JSON.stringify({ deployment: { resources } });
const volumes = kafkaVolumes(state(kept, set(2), set(5, "other")))!;
const keys = keysOf(volumes);

const folder = "/var/lib/kubeadm-kafka-volumes";
const on = (host: string, claim: string, more: Partial<FoundVolume> = {}): FoundVolume => ({
  host,
  path: `${folder}/pvc-${claim}_kafka_${claim}`,
  clusterId: ID,
  written: 1_795_000_000,
  ...more,
});
const all = [
  on("w1", "data-kafka-0"),
  on("w1", "data-1-kafka-0"),
  on("w2", "data-kafka-1"),
  on("w2", "data-1-kafka-1"),
];

test("a restore needs the claims of all of Kafka's nodes, and the object that keeps the cluster id", () => {
  expect(keys).toEqual([
    ...["data-kafka-0", "data-1-kafka-0", "data-kafka-1", "data-1-kafka-1"].map(
      (claim) => `/registry/persistentvolumeclaims/kafka/${claim}`,
    ),
    "/registry/configmaps/kube-system/kafka-kafka-cluster-id",
  ]);
  expect(kafkaVolumes(state(set(1)))).toBeUndefined();
});

describe("a backup from before Kafka was made", () => {
  test("is restored with the volumes on the hosts' disks, for their claims alone, and the cluster id that they carry", () => {
    const { objects, lines } = adoption(volumes, [], all, []);
    expect(objects[0]).toMatchObject({ kind: "ConfigMap", data: { clusterId: ID } });
    expect(objects).toHaveLength(5);
    expect(objects[3]).toMatchObject({
      kind: "PersistentVolume",
      metadata: { name: "pvc-data-kafka-1" },
      spec: {
        claimRef: { namespace: "kafka", name: "data-kafka-1" },
        hostPath: { path: `${folder}/pvc-data-kafka-1_kafka_data-kafka-1` },
        nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ values: ["w2"] }] }] } },
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName: "local-path",
        capacity: { storage: "10Gi" },
      },
    });
    expect(lines).toContain(
      `data-kafka-1 comes back from ${folder}/pvc-data-kafka-1_kafka_data-kafka-1 on w2, last written at 2026-11-18T11:06:40Z`,
    );
    expect(lines).toContain(`Kafka's cluster id is ${ID}, as in the stack's state`);
  });

  test("is refused if a volume isn't on any disk, with the hosts that don't answer and the way out", () => {
    const refused = () => adoption(volumes, [], all.slice(0, 2), ["w2: no route to host"]);
    expect(refused).toThrow(
      /volumes of data-kafka-1, data-1-kafka-1 were made, and no host has them.*Take a later backup/,
    );
    expect(refused).toThrow(
      /\(w2: no route to host\).*without=data-kafka-1,data-1-kafka-1\. Nothing was changed\. \[KK981\]$/,
    );
    expect(adoption(volumes, [], all.slice(0, 2), [], ["data-kafka-1", "data-1-kafka-1"]).lines).toContain(
      "data-kafka-1 gets an empty volume, as you said",
    );
  });

  test("never gets a volume of another cluster or workload; of several, that which was written last", () => {
    const others = [
      on("w3", "data-kafka-0", { clusterId: "anotherClusterAAAAAAAA", written: 1_799_000_000 }),
      on("w3", "data-kafka-0", { path: `${folder}/pvc-1_other_data-kafka-0`, written: 1_799_000_000 }),
      on("w3", "data-kafka-0", { written: 1_600_000_000 }),
    ];
    const [, first] = adoption(volumes, [], [...others, ...all], []).objects;
    expect(JSON.stringify(first)).toContain('"values":["w1"]');
  });
});

test("a backup from before some nodes were added gets back what it doesn't know alone", () => {
  const { objects } = adoption(volumes, [...keys.slice(0, 2), keys.at(-1)!], all, []);
  expect(objects.map((each) => (each as { metadata: { name: string } }).metadata.name)).toEqual([
    "pvc-data-kafka-1",
    "pvc-data-1-kafka-1",
  ]);
});
