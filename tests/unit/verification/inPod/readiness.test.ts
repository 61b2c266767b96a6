import { Deadline } from "../../../../components/programs/inPod/waiting";
import { PlannedLayout } from "../../../../components/verification/inPod/readiness";
import { FakeKafka } from "../../kafka/fakeKafka";
import { expected } from "../expected";

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

  protected override DescribeLogDirs(...[question, broker]: Parameters<FakeKafka["DescribeLogDirs"]>) {
    const answer = super.DescribeLogDirs(question, broker);
    if (broker !== 2) return answer;
    return { ...answer, dirs: [{ errorCode: STORAGE_ERROR, path: "/b", topics: [], totalBytes: -1, usableBytes: -1 }] };
  }
}

let kafka: SickKafka;
let layout: PlannedLayout;
beforeEach(() => {
  kafka = new SickKafka();
  layout = new PlannedLayout(kafka, expected);
  kafka.topics["t"] = {
    partitions: [
      [0, 1, 2],
      [1, 2, 0],
      [2, 0, 1],
    ],
    config: {},
  };
});

test("a cluster with all replicas in sync has no problems, and no broker is asked for its disks", async () => {
  expect(await layout.problems("t")).toEqual([]);
  expect(kafka.elected).toEqual([]);
});

test("replicas that are not in sync are reported with the log directory that their broker can't use", async () => {
  kafka.inSync = [0, 1];
  expect(await layout.clusterWideProblems()).toEqual([
    "partitions whose replica on broker 2 is not in sync: t-0, t-1, t-2",
    "the log directory /b of broker 2 is offline",
  ]);
});

test("a partition of another topic without a leader is reported, though the verification's topic is as planned", async () => {
  kafka.topics["theirs"] = { partitions: [[0]], config: {} };
  kafka.leader = -1;
  expect((await layout.clusterWideProblems()).join()).toContain("without a leader: t-0, t-1, t-2 and 1 more");
});

test("brokers that lead no partition of the topic get back those that they prefer to lead, and none of other topics", async () => {
  kafka.leader = 0;
  expect(await layout.problems("t")).toEqual(["brokers that lead no partition: 1, 2"]);
  expect(kafka.elected).toEqual([[{ topic: "t", partitions: [0, 1, 2] }]]);
});

describe("a cluster that catches up within one replica", () => {
  /** Broker 2 gets its only replica from the others. */
  class Following extends FakeKafka {
    copied = 0;

    protected override Metadata() {
      const found = super.Metadata();
      const inSync = this.copied >= 1e6 ? [0, 1, 2] : [0, 1];
      const topics = found.topics.map((topic) => ({
        ...topic,
        partitions: topic.partitions.map((each) => ({ ...each, ...(topic.name === "large" && { inSync }) })),
      }));
      return { ...found, topics };
    }

    protected override DescribeLogDirs(...[question, broker]: Parameters<FakeKafka["DescribeLogDirs"]>) {
      this.sizes["large"] = broker === 2 ? this.copied : 1e6;
      return super.DescribeLogDirs(question, broker);
    }
  }

  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const outcomeAfter = async (seconds: number, bytesPerSecond: number): Promise<string> => {
    const following = new Following();
    Object.assign(following.topics, kafka.topics, { large: { partitions: [[0, 1, 2]], config: {} } });
    let outcome = "waits";
    void new PlannedLayout(following, expected).wait("t", new Deadline(120)).then(
      () => (outcome = "done"),
      (error: Error) => (outcome = error.message),
    );
    for (let second = 0; second < seconds; second++) {
      following.copied += bytesPerSecond;
      await jest.advanceTimersByTimeAsync(1000);
    }
    return outcome;
  };

  test("is awaited, however long that takes", async () => {
    expect(await outcomeAfter(900, 1000)).toBe("waits");
    expect(await outcomeAfter(1010, 1000)).toBe("done");
  });

  test("stands still if the replica gets nothing, and the error says what the replica lacks", async () =>
    expect(await outcomeAfter(130, 0)).toBe(
      "partitions as planned did not come true within 120 seconds: partitions whose replica on broker 2 is not in sync: large-0; " +
        "they lack 1.0 MB",
    ));
});

test("if a broker doesn't report its disks, problems are reported without them; a mistake in the program still fails", async () => {
  kafka.inSync = [0, 1];
  const asked = jest.spyOn(kafka, "askBroker").mockRejectedValueOnce(new Error("broker 2 closed the connection"));
  const problems = () => new PlannedLayout(kafka, expected).clusterWideProblems();
  expect(await problems()).toEqual(["partitions whose replica on broker 2 is not in sync: t-0, t-1, t-2"]);
  asked.mockRejectedValueOnce(new TypeError("not a function"));
  await expect(problems()).rejects.toThrow(TypeError);
});
