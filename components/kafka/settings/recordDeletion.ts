/** Finds changes of a topic's settings that let Kafka delete records which it keeps now. */

/** Settings by name, as Kafka spells them. */
export type Settings = Readonly<Record<string, string>>;

/** A changed setting that may delete records. */
export interface RecordDeletion {
  readonly setting: string;
  readonly from: string;
  readonly to: string;
}

/** Broker setting, without a topic's equivalent: whether brokers compact logs at all. */
const CLEANER = "log.cleaner.enable";
/** Topic setting, without a broker's default: whether older records are in remote storage. */
const REMOTE = "remote.storage.enable";
/**
 * Broker setting, without a topic's equivalent: how long the committed offsets of inactive consumer groups are kept.
 */
export const POSITIONS_KEPT = "offsets.retention.minutes";

/**
 * Broker settings that are a topic setting's defaults, each with the factor to the topic's unit. The first one that is
 * set has precedence.
 */
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

/** Name of the broker setting that is the first default of a topic's `setting`, in the same unit. */
export function brokerSettingOf(setting: string): string {
  return OF_BROKERS[setting]![0]![0];
}

/**
 * A topic's defaults of the settings that decide which records are deleted, in the topic settings' names and units.
 *
 * @param broker the broker's settings that are set
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
 * The changes that may delete records which are kept now: less retention time or bytes, `delete` or `compact` added to
 * `cleanup.policy`, compaction enabled on brokers, less time during which compaction leaves records or tombstones alone, and the
 * end of a topic's remote storage, which Kafka allows only if all records there are deleted.
 *
 * @param before all settings in effect, including defaults
 * @see https://kafka.apache.org/documentation/#topicconfigs
 * @see KIP-950 (the end of remote storage)
 */
export function recordDeletions(before: Settings, after: Settings): RecordDeletion[] {
  const changed = (setting: string): RecordDeletion => ({
    setting,
    from: before[setting] ?? "unknown",
    to: after[setting] ?? (setting === REMOTE ? "false" : "unknown"),
  });
  const policy = (settings: Settings): string[] =>
    (settings["cleanup.policy"] ?? "").split(",").map((each) => each.trim());
  const deletes = (settings: Settings): boolean => policy(settings).includes("delete");
  const isToCompact = (settings: Settings): boolean => policy(settings).includes("compact");
  const compacts = (settings: Settings): boolean =>
    isToCompact(settings) && settings[CLEANER]?.toLowerCase() !== "false";
  const isRemote = (settings: Settings): boolean => settings[REMOTE]?.trim().toLowerCase() === "true";

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
    ...(isRemote(before) && !isRemote(after) ? [changed(REMOTE)] : []),
  ];
}

/**
 * Whether a limit is lower than before. A value that only Kafka can resolve, such as `${file:limits:ms}`, is NaN here
 * and counts as lower than any number.
 */
export function isLower(limit: number, before: number): boolean {
  return !Object.is(limit, before) && !(limit >= before);
}

/** A limit as a number: Kafka's -1, "no limit", is Infinity. */
function unlessNegative(limit: string | undefined): number {
  return limit === undefined || Number(limit) < 0 ? Infinity : Number(limit);
}
