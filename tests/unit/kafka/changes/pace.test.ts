import { fallsBehind, Pace, type NewReplica } from "../../../../components/kafka/changes/pace";
import { moveReplicas } from "../../../../components/kafka/changes/reassign";
import type * as requests from "../../../../components/kafka/protocol/requests";
import type { ValueOf } from "../../../../components/kafka/protocol/types";
import { useVirtualTime } from "../../../support/virtualTime";
import { FakeKafka } from "../fakeKafka";

const replica = (bytes: number, to = 1, from = 0): NewReplica => ({ name: `busy-${from} on ${to}`, from, to, bytes });
const progress = (unfinished: number, copied: number, lacking: number) => ({
  unfinished,
  replicas: [replica(copied)],
  lacking,
});

test.each([
  ["lack less", progress(2, 10, 90), progress(2, 30, 80), false],
  ["lack as much, and grow", progress(2, 10, 90), progress(2, 30, 90), true],
  ["lack more, and grow", progress(2, 10, 90), progress(2, 30, 95), true],
  ["don't grow, as while their broker restarts", progress(2, 10, 90), progress(2, 10, 95), false],
  ["are done for one partition", progress(2, 10, 90), progress(1, 30, 95), false],
])("moves whose new replicas %s", (_, before, now, behind) => expect(fallsBehind(before, now)).toBe(behind));

/** The new value of a limit of 100 bytes per second, after a minute in which replicas grow at these rates without catching up. */
function limitAfter(...grow: NewReplica[]): number {
  const pace = new Pace(100);
  pace.observe({ unfinished: 1, replicas: grow.map((each) => ({ ...each, bytes: 1e6 })), lacking: 90 }, 0);
  const replicas = grow.map((each) => ({ ...each, bytes: 1e6 + 60 * each.bytes }));
  pace.observe({ unfinished: 1, replicas, lacking: 90 }, 60_000);
  return pace.bytesPerSecond;
}

test("a limit is raised only after a whole minute, and the minute restarts for other partitions", () => {
  const pace = new Pace(50);
  expect(pace.observe(progress(1, 10, 90), 0)).toBeUndefined();
  expect(pace.observe(progress(1, 3020, 95), 59_000)).toBeUndefined();
  pace.begin();
  expect(pace.observe(progress(1, 3020, 95), 61_000)).toBeUndefined();
  expect(pace.observe(progress(1, 6020, 99), 121_000)).toContain("Moves may take 100 B a second");
  expect(pace.bytesPerSecond).toBe(100);
});

test("minutes in which a broker restarts, with others between, don't end the moves: the limit is raised afterwards", () => {
  const pace = new Pace(50);
  const [restart, catchUp, whole] = [600, 3000, 3000];
  const lacking = [90, 90, 80, 80, 80];
  let bytes = 0;
  const limits = [0, restart, catchUp, restart, whole].map((more, minute) => {
    bytes += more;
    pace.observe(progress(1, bytes, lacking[minute]!), minute * 60_000);
    return pace.bytesPerSecond;
  });
  expect(limits).toEqual([50, 50, 50, 50, 100]);
});

test.each([
  ["by one broker that receives", [replica(25, 1, 0), replica(25, 1, 2)], 200],
  ["by one broker that sends", [replica(25, 1, 0), replica(25, 2, 0)], 200],
  ["by no broker, only by all together", [replica(40, 1, 0), replica(40, 2, 3)], 100],
])("a limit that is used %s", (_, grow, limit) => expect(limitAfter(...grow)).toBe(limit));

test("a raised limit that isn't used returns to the configured one, and stays there for these partitions", () => {
  const pace = new Pace(50);
  const at = [0, 50, 100, 120, 120, 120, 50]; // bytes a second in each minute, of which disks give 120 at most
  let bytes = 0;
  const limits = at.map((rate, minute) => {
    bytes += rate * 60;
    pace.observe(progress(1, bytes, 90), minute * 60_000);
    return pace.bytesPerSecond;
  });
  expect(limits).toEqual([50, 100, 200, 400, 400, 50, 50]);
  expect(pace.describe(progress(1, bytes, 90))).toContain("[KK817]");
  pace.begin();
  expect(pace.describe(progress(1, bytes, 90))).not.toContain("[KK817]");
});

/** One partition of 1 GB that producers write to, whose second replica is copied at the rate that its broker is limited to. */
class BusyKafka extends FakeKafka {
  private seconds = 0;
  private copied = 0;
  private isMoving = false;
  readonly rates = new Set<string>();

  constructor(
    readonly written: number,
    readonly fastest = Infinity,
  ) {
    super();
    this.topics["busy"] = { partitions: [[0]], config: {} };
    jest.spyOn(performance, "now").mockImplementation(() => this.seconds * 1000);
  }

  private get size(): number {
    return 1e9 + this.written * this.seconds;
  }

  protected override AlterPartitionReassignments() {
    this.isMoving = true;
    return { ...this.ListPartitionReassignments(), topics: [] };
  }

  protected override ListPartitionReassignments() {
    const done = { throttleMs: 0, errorCode: 0, errorMessage: null };
    if (!this.isMoving) return { ...done, topics: [] };
    const partitions = [{ partition: 0, replicas: [0, 1], adding: [1], removing: [] }];
    return { ...done, topics: [{ name: "busy", partitions }] } as ReturnType<FakeKafka["ListPartitionReassignments"]>;
  }

  protected override DescribeLogDirs(question: ValueOf<typeof requests.describeLogDirs.question>, broker: number) {
    if (broker === 0) this.passes(20);
    const answer = super.DescribeLogDirs(question, broker);
    const partition = { partition: 0, size: broker === 0 ? this.size : this.copied, lag: 0, future: false };
    answer.dirs[0]!.topics = broker === 2 ? [] : [{ name: "busy", partitions: [partition] }];
    return answer;
  }

  private passes(seconds: number): void {
    this.seconds += seconds;
    if (!this.isMoving) return;
    const rate = this.brokerConfigs[1]!["follower.replication.throttled.rate"]!;
    this.rates.add(rate);
    this.copied += Math.min(Number(rate), this.fastest) * seconds;
    if (this.copied < this.size) return;
    this.isMoving = false;
    this.topics["busy"]!.partitions = [[0, 1]];
  }
}
const growBusy = (kafka: FakeKafka, log: (line: string) => void = () => undefined, limit = 50e6) =>
  moveReplicas(kafka, [{ topic: "busy", partition: 0, replicas: [0, 1], adding: [1] }], limit, log);
afterEach(() => jest.restoreAllMocks());
useVirtualTime();

test("if producers write faster than replicas move, the limit is raised until they catch up, and the report says so", async () => {
  const kafka = new BusyKafka(120e6);
  const lines: string[] = [];
  expect(await growBusy(kafka, (line) => lines.push(line))).toEqual({ moveRateRaisedTo: 200e6 });
  expect([...kafka.rates]).toEqual(["50000000", "100000000", "200000000"]);
  expect(lines.filter((line) => line.startsWith("moves don't catch up"))).toHaveLength(2);
  expect(lines.at(-1)).toContain("Moves may take 200.0 MB a second of each broker's network");
  expect(kafka.brokerConfigs[1]).toEqual({});
});

test("moves that catch up, even slowly, keep their limit", async () => {
  const kafka = new BusyKafka(45e6);
  expect(await growBusy(kafka)).toEqual({});
  expect([...kafka.rates]).toEqual(["50000000"]);
});

test("Kafka gets limits in whole bytes, also after they were raised", async () => {
  const kafka = new BusyKafka(120e6);
  await growBusy(kafka, undefined, 4.1 * 1e7 + 0.25);
  expect([...kafka.rates]).toEqual(["41000000", "82000001", "164000001"]);
});

test("if no limit helps, since disks or the network are the bottleneck, moves fail with that within minutes", async () => {
  const kafka = new BusyKafka(120e6, 60e6);
  const lines: string[] = [];
  await expect(growBusy(kafka, (line) => lines.push(line))).rejects.toThrow(
    /moving partitions did not come true within 600 seconds: 1 partitions are on the move, their new replicas lack \d+ bytes at best\. Producers write faster .*KK817/,
  );
  expect(lines.at(-1)).toMatch(
    /a broker copies 60\.0 MB a second at most\. Moves may take 50\.0 MB a second .* again, as configured$/,
  );
  expect(kafka.brokerConfigs[1]!["follower.replication.throttled.rate"]).toBe("50000000");
});
