import { drain } from "../../../../components/kafka/changes/drain";
import { plannedLayout } from "../../../../components/kafka/changes/reassign";
import { rebalance } from "../../../../components/kafka/changes/rebalance";
import type { StatefulSet } from "../../../../components/kafka/changes/workloads";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import type * as requests from "../../../../components/kafka/protocol/requests";
import type { ValueOf } from "../../../../components/kafka/protocol/types";
import { useVirtualTime } from "../../../support/virtualTime";
import { done, FakeKafka } from "../fakeKafka";

const CORDON = "cordoned.log.dirs";
const cordonOf = ({ brokerConfigs }: FakeKafka, id: number) => brokerConfigs[id]?.[CORDON];
const minInsync = ({ brokerConfigs }: FakeKafka) => brokerConfigs[""]?.["min.insync.replicas"];

/** A change after which there are `brokers` brokers. */
const changeTo = (task: "drain" | "rebalance", count: number): ChangeTask => ({
  task,
  namespace: "kafka",
  bootstrapServers: "",
  pools: [{ name: "kafka", firstId: 0, count }],
  brokers: Array.from({ length: count }, (_, id) => id),
  voters: [{ id: 0, host: "kafka-0", port: 9093 }],
  racks: false,
  formedMarker: "kafka-formed",
  replicationFactor: Math.min(3, count),
  minInsyncReplicas: Math.max(1, Math.min(3, count) - 1),
  moveBytesPerSecond: 7,
  raiseMetadataVersion: false,
});
const nodes = async () => new Map([0, 1, 2].map((id) => [`kafka-${id}`, id === 0 ? "master" : "worker"]));
const set = (name: string, replicas: number): StatefulSet => ({
  metadata: { name, generation: 1 },
  spec: { replicas },
  status: {},
});
const drainTo = (kafka: FakeKafka, count: number, log: (line: string) => void = () => undefined) =>
  drain(kafka, changeTo("drain", count), [set("kafka", kafka.ids.length)], nodes, log);
const rebalanceTo = (kafka: FakeKafka, count: number, log: (line: string) => void = () => undefined) =>
  rebalance(kafka, changeTo("rebalance", count), nodes, log);

/** Three brokers with a topic of two replicas. */
function threeBrokers(kafka = new FakeKafka()): FakeKafka {
  kafka.topics["orders"] = {
    partitions: [
      [2, 0],
      [1, 2],
    ],
    config: {},
  };
  kafka.brokerConfigs[""] = { "min.insync.replicas": "2" };
  return kafka;
}
const placesOf = ({ topics }: FakeKafka) => topics["orders"]!.partitions.flat();

afterEach(() => jest.restoreAllMocks());
useVirtualTime();

test("brokers to be removed are cordoned and emptied; the others get replicas as before", async () => {
  const kafka = threeBrokers();
  expect(await drainTo(kafka, 2)).toEqual({ movedReplicas: 2, added: [], removed: [1, 2] });
  expect(placesOf(kafka)).not.toContain(2);
  expect([0, 1, 2].map((id) => cordonOf(kafka, id))).toEqual([undefined, undefined, "*"]);
});

test("fewer brokers than a topic has replicas are refused, before anything changes", async () => {
  const kafka = threeBrokers();
  kafka.topics["large"] = { partitions: [[0, 1, 2]], config: {} };
  await expect(drainTo(kafka, 2)).rejects.toThrow(/large has 3 replicas, but 2 brokers would be left.*KK813/);
  expect(kafka.changes).toEqual([]);
});

describe("somebody else's move that ends while a drain plans", () => {
  /** Moves orders-0 from broker 2 to 1. The broker that answers learns of the move's end `late` answers later. */
  class EndingMove extends FakeKafka {
    private answers = 0;

    constructor(
      private readonly endsAfter: number,
      private readonly late: number,
    ) {
      super();
    }

    protected override Metadata() {
      const hasHeard = this.answers++ >= this.endsAfter + this.late;
      this.topics["orders"] = { partitions: [hasHeard ? [0, 1] : [0, 2, 1]], config: {} };
      return super.Metadata();
    }

    protected override ListPartitionReassignments() {
      const partitions = [{ partition: 0, replicas: [0, 2, 1], adding: [1], removing: [2] }];
      const topics = this.answers < this.endsAfter ? [{ name: "orders", partitions }] : [];
      return { ...done, topics } as ReturnType<FakeKafka["ListPartitionReassignments"]>;
    }
  }
  const everyMoment = Array.from({ length: 12 }, (_, at) => at);

  test("never counts as a partition with its old and its new replicas", async () => {
    const layouts = everyMoment.map((endsAfter) => plannedLayout(new EndingMove(endsAfter, 0)));
    expect(await Promise.all(layouts)).toEqual(
      everyMoment.map(() => [{ topic: "orders", partition: 0, replicas: [0, 1] }]),
    );
  });

  test.each([0, 1])("doesn't end the drain, even if the broker learns of it %s answers late", async (late) => {
    const drained = everyMoment.map((endsAfter) => drainTo(new EndingMove(endsAfter, late), 2));
    expect(await Promise.all(drained)).toEqual(everyMoment.map(() => expect.objectContaining({ removed: [1, 2] })));
  });
});

describe("a leftover topic of a verification, since brokers delete none or `up` was killed", () => {
  const topic = "kubeadm-kafka-verification-kafka-verification-1a2b";
  const left = (partitions: number[][], config = { "retention.ms": "86413579" }): FakeKafka => {
    const kafka = threeBrokers();
    kafka.topics[topic] = { partitions, config };
    return kafka;
  };

  test("forbids no shrink: it loses the replicas on removed brokers", async () => {
    const kafka = left([
      [0, 1, 2],
      [2, 0, 1],
    ]);
    await drainTo(kafka, 2);
    expect(kafka.topics[topic]!.partitions.map((replicas) => replicas.toSorted())).toEqual([
      [0, 1],
      [0, 1],
    ]);
  });

  test("gets no additional replica if it has few", async () => {
    const kafka = left([[0], [2]]);
    await drainTo(kafka, 2);
    expect(kafka.topics[topic]!.partitions).toEqual([[0], [1]]);
  });

  test("counts as a user's without the verification's mark", async () => {
    const kafka = left([[0, 1, 2]], { "retention.ms": "1" });
    await expect(drainTo(kafka, 2)).rejects.toThrow("KK813");
  });
});

test("a rebalance moves nothing off a broker that is briefly down", async () => {
  class Away extends FakeKafka {
    /** Asked right before moves are planned. */
    protected override DescribeCluster() {
      this.down.add(1);
      setTimeout(() => this.down.delete(1), 300);
      return super.DescribeCluster();
    }
  }
  const kafka = threeBrokers(new Away());
  const spread = [
    [0, 1],
    [1, 2],
    [2, 0],
  ];
  kafka.topics["orders"]!.partitions = spread.map((replicas) => [...replicas]);
  await rebalanceTo(kafka, 3);
  expect(kafka.topics["orders"]!.partitions).toEqual(spread);
});

test("a drain that is undone leaves no cordon", async () => {
  const kafka = threeBrokers();
  await drainTo(kafka, 2);
  await rebalanceTo(kafka, 3);
  expect(Object.keys(kafka.brokerConfigs[2]!).filter((name) => name.includes("cordoned"))).toEqual([]);
});

describe("a broker that is down when it is to be removed", () => {
  const drainDeleting = (kafka: FakeKafka) => {
    const task: ChangeTask = { ...changeTo("drain", 2), deletesVolumes: true };
    return drain(kafka, task, [set("kafka", 3)], nodes, () => undefined);
  };

  test("ends the drain if its volume would be deleted, since it could get replicas that are deleted with it", async () => {
    const kafka = threeBrokers();
    kafka.down.add(2);
    await expect(drainDeleting(kafka)).rejects.toThrow(
      /brokers to be removed don't serve, and their volumes would be deleted: 2\. .*ofRemovedBrokers to keep .*\[KK870\]/,
    );
    expect(placesOf(kafka)).toContain(2);
  });

  test("is awaited, and cordoned, before anything moves", async () => {
    const kafka = threeBrokers();
    kafka.down.add(2);
    setTimeout(() => kafka.down.delete(2), 300);
    await drainDeleting(kafka);
    expect(placesOf(kafka)).not.toContain(2);
    expect(cordonOf(kafka, 2)).toBe("*");
  });

  test("doesn't delay the drain if its volume is kept", async () => {
    const kafka = threeBrokers();
    kafka.down.add(2);
    await drainTo(kafka, 2);
    expect(placesOf(kafka)).not.toContain(2);
  });

  test("ends the drain, before anything moves, if nobody else has the records of a partition", async () => {
    const kafka = threeBrokers();
    kafka.topics["alone"] = { partitions: [[2]], config: {} };
    kafka.down.add(2);
    const before = placesOf(kafka);
    await expect(drainTo(kafka, 2)).rejects.toThrow(/1 partitions have no leader, such as alone-0, .*\[KK872\]/);
    expect(placesOf(kafka)).toEqual(before);
  });

  test("is named, with what brings it back, if it got the only replica of a partition before its pod was deleted", async () => {
    const kafka = threeBrokers();
    kafka.topics["orders"]!.partitions = [[0, 1]];
    kafka.topics["late"] = { partitions: [[2]], config: {} };
    kafka.down.add(2);
    await expect(rebalanceTo(kafka, 2)).rejects.toThrow(
      /only removed brokers have all records of 1 partitions, such as late-0\. Set kafka\.brokers back to 3,.*\[KK871\]/,
    );
    expect(kafka.topics["late"].partitions).toEqual([[2]]);
  });

  test("is named if it had the last replica in sync, although Kafka lists none since then (KIP-966)", async () => {
    class NoneInSync extends FakeKafka {
      protected override Metadata() {
        const { brokers, topics } = super.Metadata();
        const leaderless = topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map((each) => (name === "late" ? { ...each, leader: -1, inSync: [] } : each)),
        }));
        return { brokers, topics: leaderless };
      }
    }
    const kafka = threeBrokers(new NoneInSync());
    kafka.topics["orders"]!.partitions = [[0, 1]];
    kafka.topics["late"] = { partitions: [[2, 1]], config: {} };
    kafka.down.add(2);
    await expect(rebalanceTo(kafka, 2)).rejects.toThrow(/such as late-0\. Set kafka\.brokers back to 3,.*\[KK871\]/);
    expect(kafka.topics["late"].partitions).toEqual([[2, 1]]);
  });

  test("is not awaited if a broker that stays has all of its records", async () => {
    const kafka = threeBrokers();
    kafka.topics["late"] = { partitions: [[2, 1]], config: {} };
    kafka.down.add(2);
    await rebalanceTo(kafka, 2);
    expect(kafka.topics["late"].partitions.flat()).not.toContain(2);
  });
});

test("an administrator's own cordon stays, even after a drain that is undone, and nothing moves there", async () => {
  const kafka = threeBrokers();
  kafka.topics["orders"]!.partitions = [
    [0, 1],
    [0, 1],
    [0, 1],
  ];
  kafka.brokerConfigs[2] = { [CORDON]: "*" };
  await drainTo(kafka, 2);
  const lines: string[] = [];
  const { cordoned } = await rebalanceTo(kafka, 3, (line) => lines.push(line));
  expect(kafka.brokerConfigs[2][CORDON]).toBe("*");
  expect(placesOf(kafka)).not.toContain(2);
  expect(cordoned).toEqual([2]);
  expect(lines).toContain("an administrator has cordoned the brokers 2: nothing moves there");
});

describe("a broker of which an administrator has cordoned one of several log directories", () => {
  const others = "/var/lib/kafka-1/data,/var/lib/kafka-2/data";
  function partlyCordoned(): FakeKafka {
    const kafka = threeBrokers();
    kafka.brokerConfigs[2] = { [CORDON]: others };
    return kafka;
  }

  test("gets no replicas in the others once it is to be removed", async () => {
    const kafka = partlyCordoned();
    await drainTo(kafka, 2);
    expect(cordonOf(kafka, 2)).toBe("*");
  });

  test("has that cordon again when its drain is undone, even one that was started twice", async () => {
    const kafka = partlyCordoned();
    await drainTo(kafka, 2);
    await drainTo(kafka, 2);
    await rebalanceTo(kafka, 3);
    expect(kafka.brokerConfigs[2]).toEqual({ [CORDON]: others });
  });

  test("keeps what the administrator has set since the drain", async () => {
    const kafka = partlyCordoned();
    await drainTo(kafka, 2);
    kafka.brokerConfigs[2]![CORDON] = "/var/lib/kafka-2/data";
    await rebalanceTo(kafka, 3);
    expect(kafka.brokerConfigs[2]).toEqual({ [CORDON]: "/var/lib/kafka-2/data" });
  });

  test("gets its share of the replicas if it stays", async () => {
    const kafka = partlyCordoned();
    kafka.topics["orders"]!.partitions = [
      [0, 1],
      [0, 1],
      [0, 1],
    ];
    expect((await rebalanceTo(kafka, 3)).cordoned).toEqual([]);
    expect(placesOf(kafka)).toContain(2);
  });

  test("is cordoned in all working log directories", async () => {
    const kafka = partlyCordoned();
    kafka.brokerConfigs[2]![CORDON] = `${others}, /var/lib/kafka/data`;
    kafka.offlineDirectories[2] = "/var/lib/kafka-3/data";
    expect((await rebalanceTo(kafka, 3)).cordoned).toEqual([2]);
  });
});

test("a broker that was down when the drain began is cordoned when it is back, and emptied", async () => {
  class BackLater extends FakeKafka {
    protected override RemoveRaftVoter(question: ValueOf<typeof requests.removeRaftVoter.question>) {
      if (this.down.delete(2)) this.topics["new"] = { partitions: [[2, 1]], config: {} };
      return super.RemoveRaftVoter(question);
    }
  }
  const kafka = threeBrokers(new BackLater());
  kafka.down.add(2);
  await drainTo(kafka, 2);
  expect(cordonOf(kafka, 2)).toBe("*");
  expect([...placesOf(kafka), ...kafka.topics["new"]!.partitions.flat()]).not.toContain(2);
});

test.each([0, 1])(
  "a broker that is dead for good can be removed, with its vote, while node %s leads",
  async (leader) => {
    class Led extends FakeKafka {
      override get activeController() {
        return this.voters.includes(leader) ? leader : super.activeController;
      }
    }
    const kafka = threeBrokers(new Led());
    kafka.down.add(2);
    expect((await drainTo(kafka, 2)).removed).toEqual([2, 1]);
    expect(placesOf(kafka)).not.toContain(2);
  },
);

test("a dead broker that has to stay is named, with the remedy", async () => {
  const kafka = threeBrokers();
  kafka.down.add(1);
  await expect(drainTo(kafka, 2)).rejects.toThrow(/have to stay don't serve: 1\. Set kafka\.brokers back.*KK854/);
  expect(kafka.changes).toEqual([]);
});

describe("one of controllers and brokers grows while the other shrinks", () => {
  const controllersAnd = (controllers: number, brokers: number): ChangeTask => ({
    ...changeTo("drain", brokers),
    pools: [
      { name: "kafka-controller", firstId: 1000, count: controllers },
      { name: "kafka", firstId: 0, count: brokers },
    ],
    voters: Array.from({ length: controllers }, (_, at) => ({ id: 1000 + at, host: "controller", port: 9093 })),
  });
  const change = (kafka: FakeKafka, task: ChangeTask) => {
    const sets = [set("kafka-controller", kafka.voters.length), set("kafka", kafka.ids.length)];
    return drain(kafka, task, sets, nodes, () => undefined);
  };

  test("controllers that haven't started yet aren't awaited", async () => {
    const kafka = threeBrokers();
    kafka.voters = [1000];
    expect(await change(kafka, controllersAnd(3, 2))).toEqual({ movedReplicas: 2, added: [], removed: [] });
    expect(placesOf(kafka)).not.toContain(2);
  });

  test("brokers that haven't started yet aren't awaited, and min.insync.replicas is raised once they serve", async () => {
    const kafka = threeBrokers(new FakeKafka([0, 1]));
    kafka.topics["orders"]!.partitions = [[0, 1]];
    kafka.brokerConfigs[""] = { "min.insync.replicas": "1" };
    kafka.voters = [1000, 1001, 1002];
    kafka.down.add(1002);
    expect(await change(kafka, controllersAnd(1, 5))).toEqual({ movedReplicas: 0, added: [], removed: [1002, 1001] });
    expect(minInsync(kafka)).toBe("1");
  });
});

describe("min.insync.replicas", () => {
  test("is lowered after replicas have moved, and not before", async () => {
    const seen: (string | undefined)[] = [];
    class Watched extends FakeKafka {
      protected override AlterPartitionReassignments(question: ValueOf<typeof requests.alterReassignments.question>) {
        seen.push(minInsync(this));
        return super.AlterPartitionReassignments(question);
      }
      protected override RemoveRaftVoter(question: ValueOf<typeof requests.removeRaftVoter.question>) {
        seen.push(minInsync(this));
        return super.RemoveRaftVoter(question);
      }
    }
    const kafka = threeBrokers(new Watched());
    await drainTo(kafka, 2);
    expect(seen).toEqual(["2", "2", "2"]);
    expect(minInsync(kafka)).toBe("1");
  });

  test("is restored if a drain fails", async () => {
    class Unwilling extends FakeKafka {
      protected override RemoveRaftVoter(): never {
        throw new Error("no");
      }
    }
    const kafka = threeBrokers(new Unwilling());
    await expect(drainTo(kafka, 2)).rejects.toThrow("a metadata quorum as planned did not come true");
    expect(minInsync(kafka)).toBe("2");
  });

  test("is restored if a drain is undone", async () => {
    const kafka = threeBrokers();
    await drainTo(kafka, 2);
    await rebalanceTo(kafka, 3);
    expect(minInsync(kafka)).toBe("2");
  });
});

test("a drain whose moves take hours still has time for the steps after them", async () => {
  let now = 0;
  jest.spyOn(performance, "now").mockImplementation(() => now);
  class Slow extends FakeKafka {
    private asked = 0;
    protected override AlterPartitionReassignments(question: ValueOf<typeof requests.alterReassignments.question>) {
      now += 5 * 3600 * 1000;
      return super.AlterPartitionReassignments(question);
    }
    protected override DescribeLogDirs(question: ValueOf<typeof requests.describeLogDirs.question>, broker: number) {
      // A broker deletes the files of a moved replica a while later.
      if (broker === 2 && now > 0 && this.asked++ === 0) throw new Error("not yet");
      return super.DescribeLogDirs(question, broker);
    }
  }
  expect((await drainTo(threeBrokers(new Slow()), 2)).movedReplicas).toBe(2);
});

describe("moved replicas have to fit on the disks", () => {
  const bytes = (count: number) => count * 1e9;

  test("a drain that would fill a disk is refused with numbers, before anything changes", async () => {
    const kafka = threeBrokers();
    kafka.sizes["orders"] = bytes(7);
    kafka.disks[1] = { totalBytes: bytes(100), usableBytes: bytes(13) };
    await expect(drainTo(kafka, 2)).rejects.toThrow(
      "moving replicas would fill disks: broker 1 (/var/lib/kafka/data) on worker would get 7.0 GB and has 13.0 GB free, " +
        "of which 7.0 GB have to stay free.",
    );
    expect(kafka.changes).toEqual([]);
    kafka.disks[1].usableBytes = bytes(14);
    expect((await drainTo(kafka, 2)).movedReplicas).toBe(2);
  });

  test("a rebalance that would fill a disk is refused, too", async () => {
    const kafka = threeBrokers();
    kafka.topics["orders"]!.partitions = [[0], [0], [0], [0]];
    kafka.sizes["orders"] = bytes(7);
    kafka.disks[1] = { totalBytes: bytes(100), usableBytes: bytes(1) };
    await expect(rebalanceTo(kafka, 3)).rejects.toThrow("KK812");
    expect(kafka.changes).not.toContain("AlterPartitionReassignments");
  });

  describe("in a log directory that isn't cordoned", () => {
    /** Broker 2 has a small directory, with fewer replicas, and a large one. */
    class TwoDirectories extends FakeKafka {
      constructor(
        readonly small: { usableBytes: number },
        readonly large: { usableBytes: number },
      ) {
        super();
      }

      protected override DescribeLogDirs(
        question: ValueOf<typeof requests.describeLogDirs.question>,
        broker: number,
      ): ReturnType<FakeKafka["DescribeLogDirs"]> {
        const answer = super.DescribeLogDirs(question, broker);
        if (broker !== 2) return answer;
        const partitions = [0, 1, 2].map((partition) => ({ partition, size: 0, lag: 0, future: false }));
        const [small, large] = [
          { ...this.small, path: "/small", totalBytes: bytes(100), topics: [] },
          { ...this.large, path: "/large", totalBytes: bytes(101), topics: [{ name: "others", partitions }] },
        ];
        return { ...done, dirs: [large, small].map((each) => ({ errorCode: 0, ...each })) };
      }
    }
    /** Broker 2 is to get its share of three replicas of 3 GB. */
    const rebalanced = (cordon: string, small: number, large: number) => {
      const kafka = new TwoDirectories({ usableBytes: bytes(small) }, { usableBytes: bytes(large) });
      kafka.topics["orders"] = {
        partitions: [
          [0, 1],
          [0, 1],
          [0, 1],
        ],
        config: {},
      };
      kafka.sizes["orders"] = bytes(3);
      if (cordon) kafka.brokerConfigs[2] = { [CORDON]: cordon };
      return rebalanceTo(kafka, 3);
    };

    test("where they fit, however full the cordoned one is", async () => {
      await expect(rebalanced("", 1, 90)).rejects.toThrow("broker 2 (/small) on worker would get");
      await expect(rebalanced("/small", 1, 90)).resolves.toMatchObject({ movedReplicas: 2 });
      await expect(rebalanced(" /elsewhere, /small ", 1, 90)).resolves.toMatchObject({ movedReplicas: 2 });
    });

    test("which they would fill, however empty the cordoned one is", async () => {
      await expect(rebalanced("/elsewhere", 90, 1)).resolves.toMatchObject({ movedReplicas: 2 });
      await expect(rebalanced("/small", 90, 1)).rejects.toThrow("broker 2 (/large) on worker would get 6.0 GB");
    });
  });

  test("an offline log directory is named, and doesn't delay the drain", async () => {
    const kafka = threeBrokers();
    kafka.offlineDirectories[0] = "/var/lib/kafka-1/data";
    const lines: string[] = [];
    await drainTo(kafka, 2, (line) => lines.push(line));
    expect(lines).toContain("/var/lib/kafka-1/data of broker 0 is offline");
  });
});
