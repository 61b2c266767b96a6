import { namesIn, storedText, type ConfiguredNames } from "../../../../components/kafka/changes/configuredNames";
import { refuseToFill } from "../../../../components/kafka/changes/diskCheck";
import { applyTopic, topicsOf } from "../../../../components/kafka/changes/topic";
import { differences } from "../../../../components/kafka/changes/topicDifference";
import type { TopicSpec } from "../../../../components/kafka/changes/task";
import { Fatal } from "../../../../components/failures";
import { useVirtualTime } from "../../../support/virtualTime";
import { FakeKafka } from "../fakeKafka";

useVirtualTime();

const orders: TopicSpec = { name: "orders", partitions: 3, replicationFactor: 2, config: { "retention.ms": "60000" } };
const limits = { "leader.replication.throttled.replicas": "0:0", "follower.replication.throttled.replicas": "0:1" };

/** What a stack knows of its topics beside Kafka. */
class Memory implements ConfiguredNames {
  /** Uid of the topic's present listing in the config. */
  listing = "first";
  text: string | undefined;
  read = async (topicId: string | undefined) => namesIn(this.text, topicId, this.listing);
  write = async (topicId: string | undefined, names: readonly string[]) =>
    void (this.text = storedText({ names, listing: this.listing, topicId }));
}
const memories = new WeakMap<FakeKafka, Memory>();
const memoryOf = (kafka: FakeKafka) => {
  if (!memories.has(kafka)) memories.set(kafka, new Memory());
  return memories.get(kafka)!;
};

/** A lease that nobody else holds. */
const free = { hold: async <T>(work: () => Promise<T>) => work() };
const apply = (kafka: FakeKafka, changes: Partial<TopicSpec> = {}, lease = free) =>
  applyTopic(
    kafka,
    {
      task: "topic",
      topic: { ...orders, ...changes },
      configuredSettings: "kafka-configured-settings",
      movesLease: "kafka-topic-moves",
      brokers: [0, 1, 2],
      bootstrapServers: "",
      moveBytesPerSecond: 7,
    },
    memoryOf(kafka),
    async () => new Map(),
    lease,
    () => undefined,
  );

/** A Kafka whose topic is as in its first config, with no requests recorded. */
async function withOrders(): Promise<FakeKafka> {
  const kafka = new FakeKafka();
  await apply(kafka);
  kafka.changes.length = 0;
  return kafka;
}
const copiesIn = ({ topics }: FakeKafka) => topics["orders"]!.partitions.map((replicas) => replicas.length);

test("a missing topic is created, and then left unchanged", async () => {
  const kafka = new FakeKafka();
  expect((await apply(kafka)).changed).toEqual(["it isn't there"]);
  expect(copiesIn(kafka)).toEqual([2, 2, 2]);
  expect(kafka.topics["orders"]!.config).toEqual({ "retention.ms": "60000" });
  expect(kafka.changes).toEqual(["CreateTopics"]);
  expect(await apply(kafka)).toEqual({ changed: [], movedReplicas: 0 });
  expect(kafka.changes).toEqual(["CreateTopics"]);
});

test("partitions are added", async () => {
  const kafka = await withOrders();
  expect((await apply(kafka, { partitions: 5 })).changed).toEqual(["partitions: 3, not 5"]);
  expect(copiesIn(kafka)).toEqual([2, 2, 2, 2, 2]);
});

test("fewer partitions are refused at once, before settings or replicas change", async () => {
  const kafka = await withOrders();
  await expect(apply(kafka, { partitions: 2, replicationFactor: 3, config: {} })).rejects.toThrow(
    /^orders has 3 partitions and would be left with 2\..* to at least 3, .* \[KK805\]$/,
  );
  expect(kafka.changes).toEqual([]);
});

test("different settings are set, those removed from the config return to the brokers' default, others' stay", async () => {
  const kafka = await withOrders();
  await apply(kafka, { config: { ...orders.config, "segment.ms": "5" } });
  Object.assign(kafka.topics["orders"]!.config, { "retention.ms": "1000", "flush.ms": "7" });
  expect((await apply(kafka)).changed).toEqual([
    "retention.ms is 1000, not 60000",
    "segment.ms is 5, not the brokers' default",
  ]);
  expect(kafka.topics["orders"]!.config).toEqual({ "retention.ms": "60000", "flush.ms": "7" });
});

describe("an existing topic of somebody else", () => {
  const others = { "segment.ms": "5", "min.insync.replicas": "2" };
  const withOthers = (): FakeKafka => {
    const kafka = new FakeKafka();
    kafka.topics["orders"] = {
      partitions: [
        [0, 1],
        [1, 2],
        [2, 0],
      ],
      config: { ...others },
    };
    return kafka;
  };

  test("keeps everything that isn't in the config", async () => {
    const kafka = withOthers();
    expect((await apply(kafka, { config: { "flush.ms": "7" } })).changed).toEqual(["flush.ms is not set, not 7"]);
    expect(kafka.topics["orders"]!.config).toEqual({ ...others, "flush.ms": "7" });
    await apply(kafka, { config: {} });
    expect(kafka.topics["orders"]!.config).toEqual(others);
  });

  test("keeps its settings even if its first run is refused", async () => {
    const kafka = withOthers();
    await expect(apply(kafka, { config: { "segment.ms": "6", "retention.ms": "1" } })).rejects.toThrow("KK810");
    await apply(kafka, { config: {} });
    expect(kafka.topics["orders"]!.config).toEqual(others);
  });

  describe("that was in the config before", () => {
    const theirs = { "segment.ms": "5", "flush.ms": "9" };

    test.each([
      ["taken out and listed again", (memory: Memory) => (memory.listing = "second"), false],
      ["created again by somebody else", () => undefined, true],
      ["taken out, created again and listed again", (memory: Memory) => (memory.listing = "second"), true],
    ])("keeps settings that others made since it was %s", async (_case, relist, isNew) => {
      const kafka = await withOrders();
      await apply(kafka, { config: { "segment.ms": "6", "flush.ms": "7", "retention.ms": "60000" } });
      const { partitions } = kafka.topics["orders"]!;
      if (isNew) kafka.topics["orders"] = { partitions, config: { ...theirs } };
      else kafka.topics["orders"]!.config = { ...theirs };
      relist(memoryOf(kafka));
      expect((await apply(kafka, { config: {} })).changed).toEqual([]);
      expect(kafka.topics["orders"]!.config).toEqual(theirs);
      await apply(kafka, { config: { "flush.ms": "8" } });
      await apply(kafka, { config: {} });
      expect(kafka.topics["orders"]!.config).toEqual({ "segment.ms": "5" });
    });
  });

  test("loses settings of an interrupted run that the config no longer has", async () => {
    class Killed extends FakeKafka {
      protected override CreatePartitions(): never {
        throw new Fatal("killed");
      }
    }
    const kafka = Object.assign(new Killed(), { topics: withOthers().topics });
    await expect(apply(kafka, { partitions: 4, config: { "flush.ms": "7" } })).rejects.toThrow("killed");
    await apply(kafka, { config: {} });
    expect(kafka.topics["orders"]!.config).toEqual(others);
  });
});

describe("a change by which records may be deleted", () => {
  const shorter = { config: { "retention.ms": "1000" } };

  test("is refused with both values and both remedies, before anything changes", async () => {
    const kafka = await withOrders();
    await expect(apply(kafka, { ...shorter, partitions: 6 })).rejects.toThrow(
      "orders would change retention.ms from 60000 to 1000: Kafka could delete records that it keeps now. Set " +
        'kafka.topics.orders.config["retention.ms"] to 60000 to keep them. If they may go, set ' +
        "kafka.topics.orders.allowRecordDeletion to true, and take that out again afterwards. The topic was not touched. [KK810]",
    );
    expect(kafka.changes).toEqual([]);
  });

  test("is made if the config allows it", async () => {
    const kafka = await withOrders();
    await apply(kafka, { ...shorter, allowRecordDeletion: true });
    expect(kafka.topics["orders"]!.config).toEqual({ "retention.ms": "1000" });
  });

  test("includes the removal of a setting if the brokers' default deletes more", async () => {
    const kafka = await withOrders();
    await apply(kafka, { config: { "retention.ms": "-1" } });
    await expect(apply(kafka, { config: {} })).rejects.toThrow("retention.ms from -1 to 604800000");
  });
});

test("fewer replicas than its own min.insync.replicas are refused before replicas are removed", async () => {
  const kafka = await withOrders();
  await apply(kafka, { replicationFactor: 3, config: { "min.insync.replicas": "3" } });
  kafka.changes.length = 0;
  await expect(apply(kafka, { config: { "min.insync.replicas": "3" } })).rejects.toThrow(
    /min\.insync\.replicas 3 .*KK811/,
  );
  expect(kafka.changes).toEqual([]);
  await apply(kafka, { config: { "min.insync.replicas": "1" } });
  expect(copiesIn(kafka)).toEqual([2, 2, 2]);
});

test.each([
  [3, 3],
  [1, 0],
])("each partition gets %i replicas, and no limit stays", async (replicationFactor, movedReplicas) => {
  const kafka = await withOrders();
  expect(await apply(kafka, { replicationFactor })).toEqual({
    changed: [`replicationFactor: 2, not ${replicationFactor}`],
    movedReplicas,
  });
  expect(copiesIn(kafka)).toEqual(Array(3).fill(replicationFactor));
  expect(kafka.topics["orders"]!.config).toEqual({ "retention.ms": "60000" });
});

test("limits that a killed run has left are removed", async () => {
  const kafka = await withOrders();
  Object.assign(kafka.topics["orders"]!.config, limits);
  expect((await apply(kafka)).changed).toEqual([]);
  expect(kafka.topics["orders"]!.config).toEqual({ "retention.ms": "60000" });
});

test("other topics stay unchanged, whatever they have", async () => {
  const kafka = await withOrders();
  kafka.topics["other"] = { partitions: [[0, 1, 2]], config: { "retention.ms": "1" } };
  await apply(kafka, { replicationFactor: 3 });
  expect(kafka.topics["other"]).toEqual({ partitions: [[0, 1, 2]], config: { "retention.ms": "1" } });
});

test("a topic holds the lease while it moves replicas, and judges anew then; one without moves doesn't need it", async () => {
  const kafka = await withOrders();
  const held: number[][] = [];
  const lease = {
    hold: async <T>(work: () => Promise<T>) => {
      kafka.topics["orders"]!.partitions[0] = [0, 1, 2]; // another run has done that meanwhile
      held.push(copiesIn(kafka));
      const done = await work();
      held.push(copiesIn(kafka));
      return done;
    },
  };
  await apply(kafka, { config: {} }, lease);
  expect(held).toEqual([]);
  expect((await apply(kafka, { config: {}, replicationFactor: 3 }, lease)).movedReplicas).toBe(2);
  expect(held).toEqual([
    [3, 2, 2],
    [3, 3, 3],
  ]);
});

test("a value that Kafka refuses ends the Job at once", async () => {
  const started = performance.now();
  await expect(apply(new FakeKafka(), { config: { nonsense: "1" } })).rejects.toThrow("INVALID_CONFIG");
  expect(performance.now()).toBe(started); // of the virtual clock: nothing was waited for
});

test.each([
  ["0.50", "0.5"],
  ["0.0001", "1.0E-4"],
  ["compact, delete", "compact,delete"],
  ["TRUE", "true"],
])("%s is no other value than Kafka's %s", (wanted, found) =>
  expect(
    differences(
      { ...orders, partitions: 0, config: { any: wanted } },
      { name: "orders", id: "", partitions: [], config: { any: found }, defaults: {} },
      [],
    ),
  ).toEqual([]),
);

test.each([
  ["60000", "6000"],
  ["0", ""],
  ["compact", "delete"],
])("%s is another value than %s", (wanted, found) =>
  expect(
    differences(
      { ...orders, partitions: 0, config: { any: wanted } },
      { name: "orders", id: "", partitions: [], config: { any: found }, defaults: {} },
      [],
    ),
  ).toHaveLength(1),
);

describe("brokers that start or stop during a request are no mistake in the program:", () => {
  test("no broker serves", async () => {
    const kafka = new FakeKafka();
    kafka.topics["orders"] = { partitions: [[0, 1]], config: {} };
    for (const id of kafka.ids) kafka.down.add(id);
    await expect(topicsOf(kafka, ["orders"])).rejects.toThrow("no broker serves");
  });

  test("a broker has started to serve, so the brokers are asked again", async () => {
    const kafka = new FakeKafka();
    kafka.down.add(2);
    let looks = 0;
    const nodesOfPods = async () => {
      looks++;
      kafka.down.delete(2);
      return new Map<string, string>();
    };
    await refuseToFill(kafka, [], nodesOfPods, () => undefined);
    expect(looks).toBe(2);
  });
});
