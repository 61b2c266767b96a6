import { clusterWideProblems, layoutProblems } from "../../../components/verification/program/readiness";
import { FakeKafka } from "../kafka/fakeKafka";
import { expected } from "./expected";

/** KAFKA_STORAGE_ERROR */
const STORAGE_ERROR = 56;

/** A Kafka whose broker 2 has lost a log directory. */
class SickKafka extends FakeKafka {
  leader?: number;
  inSync?: number[];

  protected override Metadata() {
    const found = super.Metadata();
    const topics = found.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map((each) => ({
        ...each,
        leader: this.leader ?? each.leader,
        inSync: this.inSync ?? each.inSync,
      })),
    }));
    return { ...found, topics };
  }

  protected override DescribeLogDirs(...asked: Parameters<FakeKafka["DescribeLogDirs"]>) {
    return {
      ...super.DescribeLogDirs(...asked),
      dirs: [{ errorCode: STORAGE_ERROR, path: "/b", topics: [], totalBytes: -1, usableBytes: -1 }],
    };
  }
}

let kafka: SickKafka;
beforeEach(() => {
  kafka = new SickKafka();
  kafka.topics["t"] = {
    partitions: [
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
    ],
    config: {},
  };
});

test("a cluster with all in sync has no problems, and no disk is asked for", async () => {
  expect(await layoutProblems(kafka, "t", expected)).toEqual([]);
  expect(kafka.elected).toEqual([]);
});

test("replicas that are not in sync are told with the log directory that their broker can't use", async () => {
  kafka.inSync = [0, 1];
  const problems = await clusterWideProblems(kafka, { ...expected, brokers: [2] });
  expect(problems).toEqual([
    "partitions whose replica on broker 2 is not in sync: t-0, t-1, t-2",
    "broker 2 can't use its log directory /b: look after its disk",
  ]);
});

test("a partition of somebody's without a leader is told as such, though the topic is as planned", async () => {
  kafka.topics["theirs"] = { partitions: [[0]], config: {} };
  kafka.leader = -1;
  expect((await clusterWideProblems(kafka, expected)).join()).toContain("without a leader: t-0, t-1, t-2 and 1 more");
});

test("brokers that lead nothing of the topic are given back what they prefer to lead, of no other topic", async () => {
  kafka.leader = 0;
  expect(await layoutProblems(kafka, "t", expected)).toEqual(["brokers that lead no partition: 1, 2"]);
  expect(kafka.elected).toEqual([[{ topic: "t", partitions: [0, 1, 2] }]]);
});
