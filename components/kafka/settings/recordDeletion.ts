/** Which changes of a topic's settings let Kafka delete records that it keeps now. */

/** Settings by name, as Kafka spells them. */
export type Settings = Readonly<Record<string, string>>;

/** A changed setting by which records may be deleted. */
export interface RecordDeletion {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

/** Whether brokers compact at all, and for how long they keep the positions of consumers that are gone: of brokers alone. */
const CLEANER = "log.cleaner.enable";
export const POSITIONS_KEPT = "offsets.retention.minutes";

/** Broker settings that hold for a topic which has none of its own, and the factor to the topic's unit; the first that is set wins. */
const OF_BROKERS: Readonly<Record<string, readonly (readonly [name: string, factor: number])[]>> = {
  "cleanup.policy": [["log.cleanup.policy", 1]],
  "retention.ms": [
    ["log.retention.ms", 1],
    ["log.retention.minutes", 60_000],
    ["log.retention.hours", 3_600_000],
  ],
  "retention.bytes": [["log.retention.bytes", 1]],
  "min.compaction.lag.ms": [["log.cleaner.min.compaction.lag.ms", 1]],
  "delete.retention.ms": [["log.cleaner.delete.retention.ms", 1]],
  [CLEANER]: [[CLEANER, 1]],
  [POSITIONS_KEPT]: [[POSITIONS_KEPT, 1]],
};

/** Names of the broker settings that `topicDefaults` needs. */
export const BROKER_SETTINGS = Object.values(OF_BROKERS).flatMap((sources) => sources.map(([name]) => name));

/** Name of the broker setting that has precedence where a topic has no `setting` of its own; its values have the same unit. */
export function brokerSettingOf(setting: string): string {
  return OF_BROKERS[setting]![0]![0];
}

/**
 * What holds for a topic without settings of its own, of the settings that decide which records are deleted.
 *
 * @param broker a broker's settings, those that aren't set left out
 */
export function topicDefaults(broker: Settings): Settings {
  const defaults = Object.entries(OF_BROKERS).flatMap(([setting, sources]) => {
    const [name, factor] = sources.find(([each]) => broker[each] !== undefined) ?? [];
    if (name === undefined) return [];
    const value = broker[name]!;
    return [[setting, factor === 1 || !(Number(value) >= 0) ? value : String(Number(value) * factor!)]];
  });
  return Object.fromEntries(defaults) as Settings;
}

/**
 * The changes by which records may be deleted that are kept now: shorter or smaller retention, `delete` or `compact` added to
 * `cleanup.policy`, compaction that brokers begin with, and less time during which it has to leave records or tombstones alone.
 *
 * @param before all settings in effect, defaults included
 * @see https://kafka.apache.org/documentation/#topicconfigs
 */
export function recordDeletions(before: Settings, after: Settings): RecordDeletion[] {
  const changed = (setting: string): RecordDeletion => ({
    setting,
    from: before[setting] ?? "unknown",
    to: after[setting] ?? "unknown",
  });
  const policy = (settings: Settings): string[] =>
    (settings["cleanup.policy"] ?? "").split(",").map((each) => each.trim());
  const deletes = (settings: Settings): boolean => policy(settings).includes("delete");
  const isToCompact = (settings: Settings): boolean => policy(settings).includes("compact");
  const compacts = (settings: Settings): boolean =>
    isToCompact(settings) && settings[CLEANER]?.toLowerCase() !== "false";

  const retention = ["retention.ms", "retention.bytes"].filter((name) => {
    const limit = (settings: Settings): number => (deletes(settings) ? unlessNegative(settings[name]) : Infinity);
    return isLower(limit(after), limit(before));
  });
  const protection = ["min.compaction.lag.ms", "delete.retention.ms"].filter(
    (name) => compacts(before) && compacts(after) && isLower(Number(after[name]), Number(before[name])),
  );
  const compaction = compacts(after) && !compacts(before);
  const isOfPolicy = (retention.length > 0 && !deletes(before)) || (compaction && !isToCompact(before));
  return [
    ...(isOfPolicy ? [changed("cleanup.policy")] : []),
    ...(compaction && isToCompact(before) ? [changed(CLEANER)] : []),
    ...(deletes(before) ? retention : []).map(changed),
    ...protection.map(changed),
  ];
}

/** What only Kafka can resolve, such as `${file:limits:ms}`, is NaN here, and counts as lower than any number. */
export function isLower(limit: number, before: number): boolean {
  return !Object.is(limit, before) && !(limit >= before);
}

/** Kafka writes "no limit" as -1. */
function unlessNegative(limit: string | undefined): number {
  return limit === undefined || Number(limit) < 0 ? Infinity : Number(limit);
}
