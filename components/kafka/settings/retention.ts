import { topicDefaults } from "./recordDeletion";
import type { KafkaProperties } from "../plan/properties";

/**
 * Kafka's own defaults of the broker settings that decide how long records are kept.
 *
 * @see https://kafka.apache.org/documentation/#brokerconfigs
 */
const DEFAULTS = {
  "log.cleanup.policy": "delete",
  "log.retention.hours": "168",
  "log.retention.bytes": "-1",
  "log.cleaner.enable": "true",
  "log.cleaner.min.compaction.lag.ms": "0",
  "log.cleaner.delete.retention.ms": "86400000",
  "offsets.retention.minutes": "10080",
};
/** Retention times; the first one that is set has precedence. */
const TIME_LIMITS = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];

/**
 * Defaults of topics on brokers with these properties: the settings that decide which records are deleted, in the topic
 * settings' names and units. Two settings without a topic's equivalent keep their names.
 *
 * @example { "cleanup.policy": "delete", "retention.ms": "604800000", … }
 */
export function plannedDefaults(properties: KafkaProperties): Record<string, string> {
  return { ...topicDefaults({ ...DEFAULTS, ...asText(properties) }) };
}

/** A setting because of which Kafka never deletes records. */
export interface UnlimitedRetention {
  /** Its path below the config's `kafka`. */
  readonly path: readonly string[];
  /** Name of the setting that would set a limit. */
  readonly limit: string;
}

/**
 * Settings of the brokers and of topics that keep records for ever: no cleanup policy, or deletion without a limit of
 * time or bytes. Compaction alone isn't reported, since it keeps only the last record of each key.
 */
export function unlimitedRetention(
  properties: KafkaProperties,
  topics: Readonly<Record<string, { readonly config: KafkaProperties }>>,
): UnlimitedRetention[] {
  const defaults = plannedDefaults(properties);
  const limitOfBrokers = missingLimit(defaults);
  const ofBrokers = limitOfBrokers === POLICY ? "log.cleanup.policy" : TIME_LIMITS.find((name) => name in properties);
  return [
    ...(limitOfBrokers !== undefined && ofBrokers !== undefined
      ? [{ path: ["properties", ofBrokers], limit: `log.${limitOfBrokers}` }]
      : []),
    ...Object.entries(topics).flatMap(([name, { config }]) => {
      const limit = missingLimit({ ...defaults, ...asText(config) });
      const own = [...(limit === POLICY ? [POLICY] : []), "retention.ms", BYTES, POLICY].find((each) => each in config);
      return limit !== undefined && own !== undefined ? [{ path: ["topics", name, "config", own], limit }] : [];
    }),
  ];
}

const POLICY = "cleanup.policy";
const BYTES = "retention.bytes";

/** The topic setting that would limit its records; undefined if they are limited or only compacted. */
function missingLimit(settings: Readonly<Record<string, string>>): string | undefined {
  const policies = (settings[POLICY] ?? "").split(",").map((each) => each.trim());
  if (policies.join("") === "") return POLICY;
  const isWithout = (limit: string): boolean => Number(settings[limit]) < 0;
  return policies.includes("delete") && isWithout("retention.ms") && isWithout(BYTES) ? BYTES : undefined;
}

function asText(settings: KafkaProperties): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value).trim()]));
}
