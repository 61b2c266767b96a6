import {
  clusterProblems,
  leadersPerBroker,
  quorumProblems,
  replicaProblems,
  topicProblems,
} from "../../../../components/verification/inPod/checks";
import type { Partition } from "../../../../components/kafka/protocol/partitions";
import { Fatal } from "../../../../components/failures";
import { expected } from "../expected";

const partition = (id: number, changes: Partial<Partition> = {}): Partition => ({
  topic: "t",
  partition: id,
  leader: id,
  replicas: [0, 1, 2],
  inSync: [2, 1, 0],
  ...changes,
});
const whole = [0, 1, 2].map((id) => partition(id));

describe("a cluster as planned has no problems", () => {
  test("brokers", () => expect(clusterProblems(expected, { clusterId: "ours", brokers: [2, 0, 1] })).toEqual([]));
  test("voters", () => expect(quorumProblems(expected, [1, 2, 0])).toEqual([]));
  test("topic", () => expect(topicProblems(expected, whole)).toEqual([]));
  test("replicas", () => expect(replicaProblems(whole)).toEqual([]));
});

describe("a check waits for what may still come:", () => {
  test("a broker", () =>
    expect(clusterProblems(expected, { clusterId: "ours", brokers: [1] })).toEqual(["brokers missing: 0, 2"]));

  test("a voter", () =>
    expect(quorumProblems(expected, [0])).toEqual(["nodes that don't vote in the metadata quorum yet: 1, 2"]));

  test("a leader for every broker", () =>
    expect(topicProblems(expected, [partition(0), partition(1), partition(2, { leader: 0 })])).toEqual([
      "brokers that lead no partition: 2",
    ]));

  test("partitions", () =>
    expect(topicProblems(expected, [partition(0)])).toEqual(["the topic has 1 partitions, 3 were asked for"]));

  test("replicas in sync, reported by broker and not one by one", () =>
    expect(replicaProblems([0, 1, 2, 3, 4].map((id) => partition(id, { inSync: [0, 1] })))).toEqual([
      "partitions whose replica on broker 2 is not in sync: t-0, t-1, t-2 and 2 more",
    ]));

  test("a partition's leader", () =>
    expect(replicaProblems([partition(0, { leader: -1 })])).toEqual(["partitions without a leader: t-0"]));
});

describe("a check fails at once for what waiting can't heal:", () => {
  const fatal = (check: () => unknown, reason: string) => {
    expect(check).toThrow(Fatal);
    expect(check).toThrow(reason);
  };
  test("another cluster", () =>
    fatal(() => clusterProblems(expected, { clusterId: "theirs", brokers: [] }), "planned is ours"));
  test("a broker too many", () =>
    fatal(
      () => clusterProblems(expected, { clusterId: "ours", brokers: [0, 1, 2, 3] }),
      "brokers that are not planned: 3",
    ));
  test("a voter too many", () => fatal(() => quorumProblems(expected, [0, 7]), "voters that are not planned: 7"));
  test("too few replicas", () =>
    fatal(
      () => topicProblems(expected, [partition(0, { replicas: [0] }), partition(1), partition(2)]),
      "partition 0 has 1 replicas, 3 were asked for",
    ));
});

test("the number of led partitions has an entry per broker, also for one that leads none", () =>
  expect(leadersPerBroker([0, 1], [partition(0), partition(1, { leader: 0 })])).toEqual({ "0": 2, "1": 0 }));
