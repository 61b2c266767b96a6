import { brokersToMend, withoutOffline } from "../../../../components/kafka/changes/offlineReplicas";
import { laggingPartitions } from "../../../../components/kafka/changes/stopping";
import { layoutOf, type Partition } from "../../../../components/kafka/protocol/partitions";
import { FakeKafka } from "../fakeKafka";

/** Kafka's answer where one of two log directories of broker 1 is offline (tried on 4.3.1); broker 2 is as it was. */
const partition = (number: number, inSync: number[], offline: number[]) => ({
  topic: "own",
  partition: number,
  leader: 0,
  replicas: [1, 0, 2],
  inSync,
  offline,
});
const [broken, whole] = [partition(0, [0, 2], [1]), partition(2, [0, 1, 2], [])];
const brokers = [{ id: 0 }, { id: 1 }, { id: 2 }];

test("a serving broker with an offline log directory needs a restart; one that is down doesn't", () => {
  expect(brokersToMend({ brokers, partitions: [broken, whole] })).toEqual([1]);
  expect(brokersToMend({ brokers: [{ id: 0 }, { id: 2 }], partitions: [broken, whole] })).toEqual([]);
  expect(brokersToMend({ brokers, partitions: [whole] })).toEqual([]);
});

const waitsFor = (broker: number, ...partitions: Partition[]) =>
  laggingPartitions(withoutOffline([broker], { brokers, partitions }));

test("its replacement waits for all replicas except those that are offline there", () => {
  expect(laggingPartitions([broken])).toHaveLength(1);
  expect(waitsFor(1, broken, whole)).toEqual([]);
  expect(waitsFor(1, partition(0, [0], [1]))).toHaveLength(1);
});

test("another broker's replacement waits for these replicas", () => expect(waitsFor(2, broken, whole)).toHaveLength(1));

describe("two brokers that have both lost a log directory", () => {
  test("don't wait for each other's offline replicas, while others do", () => {
    const both = [partition(0, [0, 2], [1]), partition(1, [0, 1], [2])];
    expect([1, 2, 0].map((id) => waitsFor(id, ...both).length)).toEqual([0, 0, 1]);
  });

  test("wait for a replica that catches up, and for a broker that is down", () => {
    expect(waitsFor(1, partition(0, [2], [1]), partition(1, [1], [2]))).toHaveLength(1);
    const down = {
      brokers: [{ id: 1 }, { id: 2 }],
      partitions: [partition(0, [2], [0, 1]), partition(1, [1], [0, 2])],
    };
    expect(laggingPartitions(withoutOffline([1], down))).toHaveLength(1);
  });

  test("keep the last replica in sync of a partition: the broker without it is restarted first", () => {
    const two = (number: number, inSync: number[], offline: number[]) => ({
      ...partition(number, inSync, offline),
      replicas: [1, 2],
    });
    const partitions = [two(0, [1], [2]), partition(1, [0, 2], [1])];
    expect(waitsFor(1, ...partitions)).toEqual(["1 partition has replicas that are not in sync: own-0"]);
    expect(waitsFor(2, ...partitions)).toEqual([]);
    expect(brokersToMend({ brokers, partitions })).toEqual([2, 1]);
    expect([1, 2].map((id) => waitsFor(id, two(0, [1], [2]), two(1, [2], [1])).length)).toEqual([1, 1]);
  });

  test("don't wait for a partition that can't catch up until the broker with its records has restarted", () => {
    const leaderless = { ...partition(0, [1], [1]), leader: -1 };
    expect([1, 2, 0].map((id) => waitsFor(id, leaderless, partition(1, [0, 1], [2])).length)).toEqual([0, 0, 1]);
  });
});

test("offline log directories are read from Kafka", async () => {
  const kafka = new FakeKafka();
  kafka.topics["own"] = { partitions: [[1, 0, 2]], config: {} };
  kafka.down.add(1);
  expect((await layoutOf(kafka)).partitions[0]!.offline).toEqual([1]);
});
