import { preferLeaders } from "../../../../components/kafka/changes/leaders";
import { done, FakeKafka } from "../fakeKafka";

/** One topic whose preferred leader, broker 0, is not in sync. */
class Following extends FakeKafka {
  /** Bytes on broker 0; the other brokers have a million. */
  copied = 0;
  isLeaderless = false;

  constructor() {
    super();
    this.topics["orders"] = { partitions: [[0, 1]], config: {} };
  }

  protected override Metadata() {
    const { brokers, topics } = super.Metadata();
    const isBack = this.copied >= 1e6;
    const [leader, inSync] = this.isLeaderless ? [-1, []] : isBack ? [0, [0, 1]] : [1, [1]];
    const partitions = topics[0]!.partitions.map((each) => ({ ...each, leader, inSync }));
    return { brokers, topics: [{ ...topics[0]!, partitions }] };
  }

  protected override DescribeLogDirs(_: Parameters<FakeKafka["ask"]>[1], broker: number) {
    const size = broker === 0 ? this.copied : 1e6;
    const topics = [{ name: "orders", partitions: [{ partition: 0, size, lag: 0, future: false }] }];
    return { ...done, dirs: [{ errorCode: 0, path: "/data", topics, totalBytes: 1e12, usableBytes: 1e12 }] };
  }
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Advances the clock until the preferred leaders lead again, or the wait fails. */
async function outcomeAfter(kafka: Following, seconds: number, each: () => void = () => undefined): Promise<string> {
  let outcome = "waits";
  void preferLeaders(kafka).then(
    () => (outcome = "done"),
    (error: Error) => (outcome = error.message),
  );
  for (let second = 0; second < seconds; second++) {
    each();
    await jest.advanceTimersByTimeAsync(1000);
  }
  return outcome;
}

test("a broker that catches up gets its leadership afterwards, however long that takes", async () => {
  const kafka = new Following();
  expect(await outcomeAfter(kafka, 900, () => (kafka.copied += 1000))).toBe("waits");
  expect(await outcomeAfter(kafka, 200, () => (kafka.copied += 1000))).toBe("done");
});

test("a broker that doesn't catch up is named after three minutes, with what it lacks", async () =>
  expect(await outcomeAfter(new Following(), 190)).toMatch(
    /within 180 seconds: 1 partitions are not led by their preferred leader; they lack .*MB/,
  ));

test("a partition without a leader is named with both remedies", async () => {
  const kafka = new Following();
  kafka.isLeaderless = true;
  expect(await outcomeAfter(kafka, 190)).toMatch(
    /1 partitions have no leader, such as orders-0, .*Bring back .*kafka-leader-election\.sh .*\[KK859\]/,
  );
});
