import {
  assignment,
  deleteVerificationTopics,
  emptyTopic,
  provideTopic,
} from "../../../../components/verification/inPod/topic";
import { Deadline } from "../../../../components/programs/inPod/waiting";
import { FakeKafka } from "../../kafka/fakeKafka";
import { expected } from "../expected";

test.each([
  [1, 3, 1],
  [3, 6, 3],
  [4, 8, 3],
])(
  "%i brokers lead their share of %i partitions, and no partition has two replicas on one",
  (count, partitions, replicationFactor) => {
    const brokers = Array.from({ length: count }, (_, id) => id);
    const assigned = assignment({ partitions, brokers, replicationFactor });
    expect(assigned).toHaveLength(partitions);
    for (const replicas of assigned) expect(new Set(replicas).size).toBe(replicationFactor);
    const led = brokers.map((id) => assigned.filter(([leader]) => leader === id).length);
    expect(led).toEqual(brokers.map(() => partitions / count));
  },
);

const [earlier, own, theirs] = ["earlier", "own", "theirs"].map((each) => `kubeadm-kafka-verification-${each}`);

describe("the topic", () => {
  let kafka: FakeKafka;
  beforeEach(() => {
    kafka = new FakeKafka();
    kafka.topics[theirs!] = { partitions: [[0, 1, 2]], config: { "retention.ms": "86400000" } };
  });
  const provide = (name: string, deletesTopics: boolean, changes = {}) =>
    provideTopic(kafka, name, { ...expected, ...changes }, deletesTopics, new Deadline(1, 1));

  test("of this run is new, an earlier run's is deleted, and somebody else's with such a name stays", async () => {
    await provide(earlier!, true);
    expect(await provide(own!, true)).toBe(own);
    expect(Object.keys(kafka.topics)).toEqual([theirs, own]);
    await deleteVerificationTopics(kafka);
    expect(Object.keys(kafka.topics)).toEqual([theirs]);
  });

  test("is reused if brokers delete no topics, with the settings of this run", async () => {
    await provide(earlier!, false);
    expect(await provide(own!, false, { minInsyncReplicas: 3 })).toBe(earlier);
    expect(Object.keys(kafka.topics)).toEqual([theirs, earlier]);
    expect(kafka.topics[earlier!]!.config["min.insync.replicas"]).toBe("3");
  });

  test.each([
    ["partitions", { partitions: 6 }],
    ["replicas", { replicationFactor: 2, minInsyncReplicas: 1 }],
    ["brokers", { brokers: [0, 1, 2, 3] }],
  ])("is not used again for other %s", async (_, changes) => {
    await provide(earlier!, false);
    expect(await provide(own!, false, changes)).toBe(own);
  });

  test("that is reused begins after its former records, once they are deleted", async () => {
    kafka.topics[own!] = { partitions: [[0], [1]], config: {} };
    kafka.logs[own!] = [
      { low: 3, high: 70 },
      { low: 0, high: 0 },
    ];
    expect(await emptyTopic(kafka, own!, new Deadline(1, 1))).toEqual([70, 0]);
    expect(kafka.logs[own!]).toEqual([
      { low: 70, high: 70 },
      { low: 0, high: 0 },
    ]);
  });

  test("has a setting of its own for each default of brokers that could delete, refuse or hide its records", async () => {
    await provide(own!, true);
    expect(Object.keys(kafka.topics[own!]!.config)).toEqual(
      expect.arrayContaining([
        "cleanup.policy",
        "compression.type",
        "max.message.bytes",
        "message.timestamp.after.max.ms",
        "message.timestamp.before.max.ms",
        "message.timestamp.type",
        "min.insync.replicas",
        "retention.bytes",
        "retention.ms",
      ]),
    );
  });
});
