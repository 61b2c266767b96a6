import * as fc from "fast-check";

import {
  askForDeletions,
  deletionsByDefaults,
  refuseToDelete,
} from "../../../../components/kafka/changes/brokerDefaults";
import type { StatefulSet } from "../../../../components/kafka/changes/workloads";
import type { KafkaProperties } from "../../../../components/kafka/plan/properties";
import { plannedDefaults } from "../../../../components/kafka/settings/retention";
import { Deadline } from "../../../../components/programs/inPod/waiting";
import { FakeKafka } from "../fakeKafka";

type Settings = Record<string, string>;
const HOUR = 3_600_000;

/** A Kafka with topics of one partition, by their own settings. */
function kafkaWith(topics: Record<string, Settings>): FakeKafka {
  const kafka = new FakeKafka();
  for (const [name, config] of Object.entries(topics)) kafka.topics[name] = { partitions: [[0]], config };
  return kafka;
}
const positions = { "cleanup.policy": "compact", "segment.bytes": "104857600" };
const change = (before: KafkaProperties, after: KafkaProperties, topics: Record<string, Settings> = { orders: {} }) =>
  askForDeletions(kafkaWith(topics), plannedDefaults(before), plannedDefaults(after));
const linesOf = async (...args: Parameters<typeof change>) =>
  (await change(...args)).deletions.map(({ setting, from, to }) => `${setting} ${from} -> ${to}`);

describe("brokers' defaults by which Kafka would delete records", () => {
  test.each<[string, KafkaProperties, KafkaProperties, string]>([
    ["hours below Kafka's own", {}, { "log.retention.hours": 24 }, `retention.ms ${168 * HOUR} -> ${24 * HOUR}`],
    [
      "minutes, which override hours",
      {},
      { "log.retention.minutes": 1, "log.retention.hours": 999 },
      `retention.ms ${168 * HOUR} -> 60000`,
    ],
    [
      "ms, which override minutes",
      { "log.retention.minutes": 1 },
      { "log.retention.minutes": 1, "log.retention.ms": 7 },
      "retention.ms 60000 -> 7",
    ],
    ["a property that is removed", { "log.retention.ms": -1 }, {}, `retention.ms -1 -> ${168 * HOUR}`],
    [
      "ms that are removed, so that hours count",
      { "log.retention.ms": 9e9, "log.retention.hours": 1 },
      { "log.retention.hours": 1 },
      `retention.ms 9000000000 -> ${HOUR}`,
    ],
    ["a limit of bytes where there was none", {}, { "log.retention.bytes": 1000 }, "retention.bytes -1 -> 1000"],
    ["compaction", {}, { "log.cleanup.policy": "compact" }, "cleanup.policy delete -> compact"],
    ["deletion of what was compacted", { "log.cleanup.policy": "compact" }, {}, "cleanup.policy compact -> delete"],
    [
      "compaction sooner",
      { "log.cleanup.policy": "compact", "log.cleaner.min.compaction.lag.ms": 9 },
      { "log.cleanup.policy": "compact" },
      "min.compaction.lag.ms 9 -> 0",
    ],
    [
      "a limit that only Kafka can resolve",
      {},
      { "log.retention.minutes": "${file:limits:minutes}" },
      "retention.ms 604800000 -> ${file:limits:minutes}",
    ],
  ])("%s", async (_, before, after, line) => expect(await linesOf(before, after)).toEqual([line]));

  test("tombstones are deleted sooner, in topics that are compacted by their own setting", async () => {
    const topics = { orders: {}, users: { "cleanup.policy": "compact" } };
    expect(await change({}, { "log.cleaner.delete.retention.ms": 1 }, topics)).toEqual({
      deletions: [{ setting: "delete.retention.ms", from: "86400000", to: "1" }],
      topics: ["users"],
    });
  });

  test("brokers start compaction", async () =>
    expect(await linesOf({ "log.cleaner.enable": "False" }, {}, { users: { "cleanup.policy": "compact" } })).toEqual([
      "log.cleaner.enable False -> true",
    ]));

  test("positions of consumers that are gone are kept for less time", async () => {
    const shorter = { "offsets.retention.minutes": 60 };
    expect(await change({}, shorter, { __consumer_offsets: positions })).toEqual({
      deletions: [{ setting: "offsets.retention.minutes", from: "10080", to: "60" }],
      topics: ["__consumer_offsets"],
    });
    expect((await change({}, shorter)).topics).toEqual([]);
  });
});

describe("no record is deleted", () => {
  test.each<[string, KafkaProperties, KafkaProperties]>([
    ["by the default, written out in another unit", {}, { "log.retention.minutes": 168 * 60 }],
    ["by more time", { "log.retention.hours": 1 }, { "log.retention.hours": 2 }],
    ["by no limit any more", {}, { "log.retention.ms": -1 }],
    ["by hours that ms override", { "log.retention.ms": -1 }, { "log.retention.ms": -1, "log.retention.hours": 1 }],
    ["by other properties", {}, { "num.io.threads": 2, "log.segment.bytes": 1_048_576 }],
  ])("%s", async (_, before, after) => expect(await change(before, after)).toEqual({ deletions: [], topics: [] }));

  test("of topics with a setting of their own, nor of Kafka's own", async () => {
    const topics = {
      orders: { "retention.ms": "-1" },
      users: { "cleanup.policy": "compact" },
      __consumer_offsets: positions,
      __transaction_state: { "cleanup.policy": "compact" },
      __share_group_state: { "cleanup.policy": "delete", "retention.ms": "-1" },
    };
    expect((await change({}, { "log.retention.hours": 1 }, topics)).topics).toEqual([]);
    expect((await change({}, { "log.retention.hours": 1 }, { ...topics, payments: {} })).topics).toEqual(["payments"]);
    expect((await change({}, { "log.cleaner.delete.retention.ms": 1 }, topics)).topics).toEqual(["users"]);
  });

  test.each(["-1", "1000"])("where %s ms were set for all brokers while they ran", async (ms) => {
    const kafka = kafkaWith({ orders: {} });
    kafka.brokerConfigs[""] = { "log.retention.ms": ms };
    const [before, after] = [plannedDefaults({}), plannedDefaults({ "log.retention.hours": 1 })];
    expect((await askForDeletions(kafka, before, after)).topics).toEqual([]);
  });
});

test("whatever topics there are, Kafka is asked before any of them loses records", () => {
  const limit = fc.constantFrom("-1", "0", "5", "9");
  const policy = fc.constantFrom("delete", "compact", "compact,delete");
  const optional = { requiredKeys: [] };
  const own = fc.record({ "cleanup.policy": policy, "retention.ms": limit, "retention.bytes": limit }, optional);
  const properties = fc.record(
    {
      "log.cleanup.policy": policy,
      "log.retention.ms": limit,
      "log.retention.bytes": limit,
      "log.cleaner.min.compaction.lag.ms": fc.constantFrom("0", "5"),
      "log.cleaner.enable": fc.boolean(),
    },
    optional,
  );
  fc.assert(
    fc.property(properties, properties, own, (before, after, config) => {
      const [from, to] = [plannedDefaults(before), plannedDefaults(after)];
      const loses = deletionsByDefaults(from, to, [{ name: "orders", config: config }]).topics.length > 0;
      return !loses || deletionsByDefaults(from, to).deletions.length > 0;
    }),
    { numRuns: 2000 },
  );
});

describe("before the brokers get their new defaults, the drain's Job", () => {
  const set = (defaults?: KafkaProperties) =>
    ({
      metadata: {
        name: "kafka",
        annotations: defaults ? { "kubeadm-kafka/keeps-records": JSON.stringify(plannedDefaults(defaults)) } : {},
      },
    }) as unknown as StatefulSet;
  const shorter = plannedDefaults({ "log.retention.hours": 24 });
  const silent = () => {
    const kafka = kafkaWith({ orders: {} });
    kafka.ids.forEach((id) => kafka.down.add(id));
    return kafka;
  };
  const shortDeadline = () => new Deadline(0, 1);

  test("refuses what would delete records, with the topics, both values and both remedies", async () => {
    const kafka = kafkaWith({ orders: {}, payments: {}, audit: { "retention.ms": "-1" } });
    await expect(refuseToDelete(kafka, set({}), { defaults: shorter })).rejects.toThrow(
      "kafka.properties would change the brokers' defaults, retention.ms from 604800000 to 86400000: Kafka could delete records of " +
        'orders, payments that it keeps now. Set kafka.properties["log.retention.ms"] to 604800000 to keep them. If records may ' +
        "go, set kafka.allowRecordDeletion to true, and take that out again afterwards. No broker was touched. [KK814]",
    );
    expect(kafka.changes).toEqual([]);
  });

  test("names some of many topics", async () => {
    const topics = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`t${at}`, {}]));
    await expect(refuseToDelete(kafkaWith(topics), set({}), { defaults: shorter })).rejects.toThrow(
      "records of t0, t1, t2, t3, t4 and 2 more topics",
    );
  });

  test("refuses them as well if Kafka doesn't answer", async () => {
    await expect(refuseToDelete(silent(), set({}), { defaults: shorter }, shortDeadline())).rejects.toThrow(
      /by other defaults of the brokers, retention\.ms from 604800000 to 86400000: .*no broker serves.*up first, and until then set kafka\.properties\["log\.retention\.ms"\] to 604800000\. .*\[KK815\]$/,
    );
    await expect(refuseToDelete(silent(), set(), { defaults: shorter }, shortDeadline())).rejects.toThrow("KK815");
  });

  test("asks a broker if the StatefulSet doesn't record the old defaults", async () => {
    const kafka = kafkaWith({ orders: {} });
    await expect(refuseToDelete(kafka, set(), { defaults: shorter })).rejects.toThrow("from 604800000 to 86400000");
    await refuseToDelete(kafka, set(), { defaults: plannedDefaults({}) });
  });

  test("accepts the deletion if the config allows it, whether Kafka answers or not", () =>
    refuseToDelete(silent(), set({}), { defaults: shorter, allowRecordDeletion: true }, shortDeadline()));

  test("doesn't ask Kafka if no record can be deleted, so that a change can repair a Kafka that is down", () =>
    refuseToDelete(silent(), set({ "log.retention.hours": 1 }), { defaults: shorter }, shortDeadline()));

  test("asks nothing before there is a cluster", () =>
    refuseToDelete(silent(), undefined, { defaults: shorter }, shortDeadline()));
});
