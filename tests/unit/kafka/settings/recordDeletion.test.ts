import { recordDeletions, topicDefaults } from "../../../../components/kafka/settings/recordDeletion";

const defaults = {
  "cleanup.policy": "delete",
  "retention.ms": "604800000",
  "retention.bytes": "-1",
  "min.compaction.lag.ms": "0",
  "delete.retention.ms": "86400000",
};
type Settings = Record<string, string>;
const deletedBy = (before: Settings, after: Settings) =>
  recordDeletions({ ...defaults, ...before }, { ...defaults, ...after }).map(({ setting }) => setting);

test.each<[string, Settings, Settings, string[]]>([
  ["less time", { "retention.ms": "1000" }, { "retention.ms": "999" }, ["retention.ms"]],
  ["a time limit where there was none", { "retention.ms": "-1" }, {}, ["retention.ms"]],
  ["fewer bytes", { "retention.bytes": "1000" }, { "retention.bytes": "999" }, ["retention.bytes"]],
  ["a limit of bytes where there was none", {}, { "retention.bytes": "1000000" }, ["retention.bytes"]],
  ["deletion of what was compacted", { "cleanup.policy": "compact" }, {}, ["cleanup.policy"]],
  [
    "deletion beside compaction",
    { "cleanup.policy": "compact" },
    { "cleanup.policy": "compact, delete" },
    ["cleanup.policy"],
  ],
  ["compaction of what was kept", {}, { "cleanup.policy": "compact" }, ["cleanup.policy"]],
  [
    "compaction sooner",
    { "cleanup.policy": "compact", "min.compaction.lag.ms": "1000" },
    { "cleanup.policy": "compact" },
    ["min.compaction.lag.ms"],
  ],
  [
    "tombstones gone sooner",
    { "cleanup.policy": "compact" },
    { "cleanup.policy": "compact", "delete.retention.ms": "1" },
    ["delete.retention.ms"],
  ],
  [
    "compaction that brokers begin with",
    { "cleanup.policy": "compact", "log.cleaner.enable": "false" },
    { "cleanup.policy": "compact", "log.cleaner.enable": "true" },
    ["log.cleaner.enable"],
  ],
  ["a limit that only Kafka can resolve", {}, { "retention.ms": "${file:limits:ms}" }, ["retention.ms"]],
  [
    "the end of remote storage",
    { "remote.storage.enable": "true" },
    { "remote.storage.enable": "false", "remote.log.delete.on.disable": "true" },
    ["remote.storage.enable"],
  ],
  [
    "the end of remote storage, as the setting is taken out",
    { "remote.storage.enable": "TRUE", "cleanup.policy": "delete", "remote.log.delete.on.disable": "true" },
    { "remote.log.delete.on.disable": "true" },
    ["remote.storage.enable"],
  ],
  [
    "the end of remote storage, perhaps",
    { "remote.storage.enable": "true" },
    { "remote.storage.enable": "${file:storage:remote}" },
    ["remote.storage.enable"],
  ],
  [
    "the end of remote storage of what is never deleted otherwise",
    { "remote.storage.enable": "true", "retention.ms": "-1" },
    { "remote.storage.enable": "false", "retention.ms": "-1" },
    ["remote.storage.enable"],
  ],
])("records may be deleted by %s", (_, before, after, by) => expect(deletedBy(before, after)).toEqual(by));

test.each<[string, Settings, Settings]>([
  ["more time", { "retention.ms": "1000" }, { "retention.ms": "1001" }],
  ["no time limit any more", {}, { "retention.ms": "-1" }],
  ["the default, written out", {}, { "retention.ms": "604800000" }],
  [
    "less time of a topic that is compacted only",
    { "cleanup.policy": "compact" },
    { "cleanup.policy": "compact", "retention.ms": "1" },
  ],
  [
    "deletion without limits",
    { "cleanup.policy": "compact", "retention.ms": "-1" },
    { "cleanup.policy": "compact,delete", "retention.ms": "-1" },
  ],
  ["deletion taken out", { "cleanup.policy": "compact,delete" }, { "cleanup.policy": "compact" }],
  ["tombstones' time where nothing is compacted", {}, { "delete.retention.ms": "1" }],
  [
    "compaction where brokers don't compact",
    { "log.cleaner.enable": "FALSE" },
    { "log.cleaner.enable": "FALSE", "cleanup.policy": "compact" },
  ],
  [
    "a limit that only Kafka can resolve, the same as before",
    { "retention.ms": "${file:limits:ms}" },
    { "retention.ms": "${file:limits:ms}" },
  ],
  ["remote storage that begins", {}, { "remote.storage.enable": "true", "remote.log.delete.on.disable": "true" }],
  [
    "remote storage that is only read from now on",
    { "remote.storage.enable": "true" },
    { "remote.storage.enable": "True", "remote.log.copy.disable": "true" },
  ],
  ["other settings", {}, { "segment.ms": "1", "max.message.bytes": "1" }],
])("none is deleted by %s", (_, before, after) => expect(deletedBy(before, after)).toEqual([]));

test("both values are reported", () =>
  expect(recordDeletions(defaults, { ...defaults, "retention.ms": "5" })).toEqual([
    { setting: "retention.ms", from: "604800000", to: "5" },
  ]));

test("remote storage is off where a topic doesn't set it", () =>
  expect(recordDeletions({ ...defaults, "remote.storage.enable": "true" }, defaults)).toEqual([
    { setting: "remote.storage.enable", from: "true", to: "false" },
  ]));

test.each<[Settings, string]>([
  [{ "log.retention.hours": "168" }, "604800000"],
  [{ "log.retention.hours": "168", "log.retention.minutes": "2" }, "120000"],
  [{ "log.retention.hours": "168", "log.retention.minutes": "2", "log.retention.ms": "3" }, "3"],
  [{ "log.retention.hours": "-1" }, "-1"],
])("brokers with %j keep a topic's records for %s ms", (broker, ms) =>
  expect(topicDefaults(broker)).toEqual({ "retention.ms": ms }),
);
