import { brokersToMend, withoutOfflineOn } from "../../../components/kafka/changes/offlineReplicas";
import { laggingPartitions } from "../../../components/kafka/changes/roll";
import { layoutOf } from "../../../components/kafka/protocol/partitions";
import { FakeKafka } from "./fakeKafka";

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

test("a broker that serves with a log directory offline is to be mended; one that is down isn't", () => {
  expect(brokersToMend({ brokers, partitions: [broken, whole] })).toEqual([1]);
  expect(brokersToMend({ brokers: [{ id: 0 }, { id: 2 }], partitions: [broken, whole] })).toEqual([]);
  expect(brokersToMend({ brokers, partitions: [whole] })).toEqual([]);
});

test("its replacement waits for no replica that is offline there, and for all others", () => {
  expect(laggingPartitions([broken])).toHaveLength(1);
  expect(laggingPartitions(withoutOfflineOn(1, [broken, whole]))).toEqual([]);
  expect(laggingPartitions(withoutOfflineOn(1, [partition(0, [0], [1])]))).toHaveLength(1);
});

test("another broker's replacement waits for it", () =>
  expect(laggingPartitions(withoutOfflineOn(2, [broken, whole]))).toHaveLength(1));

test("what is offline is read from Kafka", async () => {
  const kafka = new FakeKafka();
  kafka.topics["own"] = { partitions: [[1, 0, 2]], config: {} };
  kafka.down.add(1);
  expect((await layoutOf(kafka)).partitions[0]!.offline).toEqual([1]);
});
