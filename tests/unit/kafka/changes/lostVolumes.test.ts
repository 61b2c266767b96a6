import {
  hasLostItsVolume,
  isClaimOf,
  missingNodes,
  reasonsAgainstNewVolume,
  replaceVolume,
} from "../../../../components/kafka/changes/lostVolumes";
import type { Pod } from "../../../../components/kafka/changes/workloads";
import { roll } from "../../../../components/kafka/changes/roll";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import { metadata as metadataRequest } from "../../../../components/kafka/protocol/requests";
import type { Connection } from "../../../../components/kafka/protocol/connection";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";

const gone = "Kafka did not start: the volume of kafka-1 is gone: … Nothing was formatted. [KK842]";
const pod = (name: string, message?: string, last = true): Pod => ({
  metadata: { name },
  status: {
    containerStatuses: [
      {
        restartCount: 0,
        ...(message !== undefined && last && { lastState: { terminated: { message, exitCode: 1 } } }),
        ...(message !== undefined && !last && { state: { terminated: { message } } }),
      },
    ],
  },
});
const partition = (replicas: number[], inSync: number[]) => ({
  topic: "orders",
  partition: 0,
  leader: inSync[0] ?? -1,
  replicas,
  inSync,
});
const brokers = (...ids: number[]) => ids.map((id) => ({ id }));

test("a pod whose launcher found its volume gone has lost it, after the first exit already", () => {
  expect(hasLostItsVolume(pod("kafka-1", gone))).toBe(true);
  expect(hasLostItsVolume(pod("kafka-1", gone, false))).toBe(true);
});

test("a pod that ended for another reason, or is being deleted, has not lost it", () => {
  expect(hasLostItsVolume(pod("kafka-1", "Kafka did not start: kafka-1 has no rack"))).toBe(false);
  expect(hasLostItsVolume(pod("kafka-1"))).toBe(false);
  const going = pod("kafka-1", gone);
  expect(hasLostItsVolume({ ...going, metadata: { ...going.metadata, deletionTimestamp: "now" } })).toBe(false);
});

test("a pod that is ready has its volume again, though its first container ended without it", () => {
  const { metadata, status } = pod("kafka-1", gone);
  const [container] = status.containerStatuses!;
  expect(hasLostItsVolume({ metadata, status: { containerStatuses: [{ ...container!, ready: true }] } })).toBe(false);
});

test("if another node has all records, a new volume is allowed", () =>
  expect(reasonsAgainstNewVolume({ brokers: brokers(0, 2), partitions: [partition([0, 1, 2], [0, 2])] }, [1])).toEqual(
    [],
  ));

test("if only lost volumes had all records, a new volume is refused with the partition", () => {
  const onOne = { brokers: brokers(0, 2), partitions: [partition([1], [1])] };
  expect(() => reasonsAgainstNewVolume(onOne, [1])).toThrow(
    /has all records of 1 partitions, such as orders-0\. .*KK843/,
  );
  const onTwo = { brokers: brokers(0), partitions: [partition([1, 2], [1])] };
  expect(() => reasonsAgainstNewVolume(onTwo, [1, 2])).toThrow(/volumes of nodes 1, 2 are gone/);
});

test("partitions without a replica there don't count", () =>
  expect(reasonsAgainstNewVolume({ brokers: brokers(0, 2), partitions: [partition([0], [])] }, [1])).toEqual([]));

test("a broker that Kafka still counts as alive is awaited", () =>
  expect(reasonsAgainstNewVolume({ brokers: brokers(0, 1), partitions: [] }, [1])).toEqual([
    "Kafka has not noticed yet that it lost the brokers 1",
  ]));

test("a pod's claims are those of all its volumes, and no others", () => {
  const claims = ["data-kafka-1", "data-2-kafka-1", "data-kafka-11", "data-other-kafka-1", "data-kafka-controller-1"];
  expect(claims.filter((claim) => isClaimOf(pod("kafka-1"), claim))).toEqual(["data-kafka-1", "data-2-kafka-1"]);
});

describe("a pod that gets another volume", () => {
  const task = { namespace: "kafka", pools: [{ name: "kafka", firstId: 0, count: 3 }] } as unknown as ChangeTask;
  const pods = [pod("kafka-0"), pod("kafka-1", gone), pod("kafka-2")];

  async function removedWith(serving: number[], quorum = true, lost = pods[1]!) {
    const removed: string[] = [];
    const kubernetes = {
      list: async () =>
        ["data-kafka-0", "data-kafka-1", "data-kafka-2"].map((name) => ({
          metadata: { name },
          spec: { volumeName: `volume-of-${name}` },
        })),
      patch: async (path: string, body: unknown) => void removed.push(`${path} ${JSON.stringify(body)}`),
      remove: async (path: string) => void removed.push(path),
    } as unknown as PodApiClient;
    const kafka = {
      describe: async () => ({ brokers: serving.map((id) => ({ id, rack: null })), topics: [] }),
      ask: async (request: unknown) => {
        if (request === metadataRequest || !quorum) throw new Error("no leader");
        return { errorCode: 0, errorMessage: null, topics: [{ partitions: [{ errorCode: 0, voters: [] }] }] };
      },
    } as unknown as Connection;
    const waits = await replaceVolume(kafka, kubernetes, task, pods, lost);
    return { removed, waits };
  }

  test("loses its claims, and then itself", async () =>
    expect(await removedWith([0, 2])).toEqual({
      removed: [
        '/api/v1/persistentvolumes/volume-of-data-kafka-1 {"spec":{"persistentVolumeReclaimPolicy":"Delete"}}',
        "/api/v1/namespaces/kafka/persistentvolumeclaims/data-kafka-1",
        "/api/v1/namespaces/kafka/pods/kafka-1",
      ],
      waits: [],
    }));

  test("keeps them while Kafka counts it as alive", async () =>
    expect(await removedWith([0, 1, 2])).toMatchObject({ removed: [], waits: [expect.any(String)] }));

  test("keeps them while it restarts, since the volume may be back", async () => {
    const running = pod("kafka-1", gone);
    running.status.containerStatuses![0]!.state = { running: {} };
    expect(await removedWith([0, 2], true, running)).toEqual({
      removed: [],
      waits: ["kafka-1 is being started again"],
    });
  });

  test("keeps them if the quorum doesn't answer", async () =>
    expect(removedWith([0, 2], false)).rejects.toThrow("no leader"));
});

test.each([
  ["gives a pod whose volume is gone another one", pod("kafka-1", gone)],
  ["replaces an outdated pod", pod("kafka-1")],
])(
  "a roll %s, waits until it is ready and has its replicas, names it, and doesn't touch another Kafka's pods",
  async (_, before) => {
    const set = {
      metadata: { name: "kafka", generation: 1 },
      spec: { replicas: 2 },
      status: { observedGeneration: 1, updateRevision: "r" },
    };
    const ready = (name: string): Pod => ({
      metadata: {
        name,
        labels: { "controller-revision-hash": "r" },
        ownerReferences: [{ kind: "StatefulSet", name: "kafka" }],
      },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    });
    const outdated = {
      ...before,
      metadata: { name: "kafka-1", ownerReferences: [{ kind: "StatefulSet", name: "kafka" }] },
    };
    const removed: string[] = [];
    const another = pod("kafka-1-of-another-0", gone);
    another.metadata.ownerReferences = [{ kind: "StatefulSet", name: "kafka-1-of-another" }];
    const podsNow = () => [another, ready("kafka-0"), removed.length > 0 ? ready("kafka-1") : outdated];
    const kubernetes = {
      find: async (path: string) => (path.includes("/statefulsets/") ? set : { metadata: { name: "kafka-formed" } }),
      list: async (path: string) => (path.endsWith("/pods") ? podsNow() : []),
      remove: async (path: string) => void removed.push(path),
      create: async (path: string) => void removed.push(path.replace(/\/eviction$/, "")),
    } as unknown as PodApiClient;
    let looks = 0;
    const orders = (inSync: number[]) => ({
      name: "orders",
      partitions: [{ partition: 0, leader: 0, replicas: [0, 1], inSync }],
    });
    const voters = [{ id: 0, directory: "d0", logEnd: 1, lastCaughtUp: 1 }];
    const partitions = [{ errorCode: 0, leader: 0, voters, observers: [] }];
    const kafka = {
      // Its replica comes with the fourth look.
      describe: async () => ({ brokers: [{ id: 0, rack: null }], topics: [orders(++looks < 4 ? [0] : [0, 1])] }),
      ask: async () => ({ errorCode: 0, errorMessage: null, topics: [{ partitions }] }),
      askBroker: async () => ({ errorCode: 0, dirs: [] }),
    } as unknown as Connection;
    const task = {
      namespace: "kafka",
      pools: [{ name: "kafka", firstId: 0, count: 2 }],
      brokers: [0],
      voters: [],
    } as unknown as ChangeTask;
    expect(await roll(kafka, kubernetes, task, () => undefined)).toEqual(["kafka-1"]);
    expect(removed).toEqual(["/api/v1/namespaces/kafka/pods/kafka-1"]);
    expect(looks).toBeGreaterThan(4); // one more look is for the leaders
  },
);

describe("nodes that Kafka has lost", () => {
  const task = { brokers: [0, 1], voters: [{ id: 0 }, { id: 1 }] } as unknown as ChangeTask;
  const node = (id: number, directory: string, lastCaughtUp: number) => ({ id, directory, logEnd: 1, lastCaughtUp });
  const quorumWith = (voter: ReturnType<typeof node>, ...observers: ReturnType<typeof node>[]) => ({
    leader: 0,
    highWatermark: 1,
    voters: [node(0, "a", 100_000), voter],
    observers,
  });
  const missing = (serving: number[], quorum: ReturnType<typeof quorumWith>) =>
    missingNodes(task, { brokers: brokers(...serving), partitions: [] }, quorum);

  test("are brokers that don't serve and voters that don't fetch, though their pods count as ready", () =>
    expect(missing([0], quorumWith(node(1, "b", 50_000)))).toEqual([
      "brokers that don't serve: 1",
      "voters that don't follow: 1",
    ]));

  test("don't include an observer with another volume, which gets its vote back in the rebalance", () =>
    expect(missing([0, 1], quorumWith(node(1, "b", 50_000), node(1, "new", 100_000)))).toEqual([]));

  test("are none if all are up to date", () => expect(missing([0, 1], quorumWith(node(1, "b", 99_000)))).toEqual([]));
});
