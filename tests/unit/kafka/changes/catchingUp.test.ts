import { CatchingUp } from "../../../../components/kafka/changes/catchingUp";
import type { Layout } from "../../../../components/kafka/protocol/partitions";
import { FakeKafka } from "../fakeKafka";

/** A Kafka whose replica of t-0 on broker 1 follows the one on broker 0. */
class FollowingKafka extends FakeKafka {
  leaderHas = 0;
  followerHas = 0;

  protected override DescribeLogDirs(...[question, broker]: Parameters<FakeKafka["DescribeLogDirs"]>) {
    this.sizes["t"] = broker === 0 ? this.leaderHas : this.followerHas;
    return super.DescribeLogDirs(question, broker);
  }
}

const lagging: Layout = {
  brokers: [{ id: 0 }, { id: 1 }],
  partitions: [{ topic: "t", partition: 0, leader: 0, replicas: [0, 1], inSync: [0] }],
};
let kafka: FollowingKafka;
let clock: jest.SpyInstance<number, []>;
beforeEach(() => {
  kafka = new FollowingKafka([0, 1]);
  kafka.topics["t"] = { partitions: [[0, 1]], config: {} };
  clock = jest.spyOn(performance, "now").mockReturnValue(0);
});
afterEach(() => clock.mockRestore());

/** The report at each moment, at which the leader and the follower have these bytes. */
async function saidOf(...sizes: [leader: number, follower: number][]): Promise<string[]> {
  const catchingUp = new CatchingUp(kafka);
  const said: string[] = [];
  for (const [at, [leader, follower]] of sizes.entries()) {
    [kafka.leaderHas, kafka.followerHas] = [leader, follower];
    clock.mockReturnValue(at * 10_000);
    said.push((await catchingUp.describe(lagging)).join());
  }
  return said;
}

test("each megabyte counts as progress of a replica that lacks terabytes", async () => {
  const said = await saidOf([3e12, 0], [3e12, 1e6], [3e12, 2e6]);
  expect(said).toEqual(["they lack 3000000.0 MB", "they lack 2999999.0 MB", "they lack 2999998.0 MB"]);
});

test("a replica that gets nothing makes no progress, however much producers write meanwhile", async () => {
  expect(new Set(await saidOf([100, 10], [200, 10], [300, 10]))).toEqual(new Set(["they lack 90 B"]));
});

test("a replica that only deletes old records makes no progress", async () => {
  expect(new Set(await saidOf([100, 30], [100, 20], [100, 10]))).toEqual(new Set(["they lack 70 B"]));
});

test("faster producers don't hide a replica's progress", async () => {
  expect(await saidOf([100, 10], [200, 20])).toEqual(["they lack 90 B", "they lack 180 B"]);
});

test("a broker that briefly doesn't answer changes nothing", async () => {
  const catchingUp = new CatchingUp(kafka);
  kafka.leaderHas = 5;
  expect(await catchingUp.describe(lagging)).toEqual(["they lack 5 B"]);
  clock.mockReturnValue(10_000);
  kafka.down.add(1);
  expect(await catchingUp.describe(lagging)).toEqual(["they lack 5 B"]);
});

test("the disk of an only replica is named, although Kafka counts it as in sync", async () => {
  kafka.offlineDirectories[1] = "/b";
  const partitions = [{ topic: "t", partition: 0, leader: -1, replicas: [1], inSync: [1] }];
  expect(await new CatchingUp(kafka).describe({ ...lagging, partitions })).toEqual([
    "the log directory /b of broker 1 is offline",
  ]);
});

test("if all replicas are in sync, nothing is reported and no broker is asked", async () => {
  kafka.down.add(0).add(1);
  const partitions = [{ topic: "t", partition: 0, leader: 0, replicas: [0, 1], inSync: [0, 1] }];
  expect(await new CatchingUp(kafka).describe({ ...lagging, partitions })).toEqual([]);
});
