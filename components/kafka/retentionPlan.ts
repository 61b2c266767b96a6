import { topicDefaults } from "./changes/recordDeletion";
import type { KafkaProperties } from "./properties";

/**
 * Kafka's own defaults of what decides how long records are kept.
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
/** Limits of time, of which the first that is set counts. */
const TIME_LIMITS = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];

/**
 * What brokers with these properties keep of topics that have no settings of their own, in the topics' names and units. Two that
 * are for brokers alone keep their names.
 */
export function plannedDefaults(properties: KafkaProperties): Record<string, string> {
  return { ...topicDefaults({ ...DEFAULTS, ...asText(properties) }) };
}

/**
 * The settings by which Kafka keeps records for ever, however many come: no limit of time, none of bytes, and no compaction
 * alone. As paths below the config's `kafka`: of the brokers, and of topics that have such a setting of their own.
 */
export function unlimitedRetention(
  properties: KafkaProperties,
  topics: Readonly<Record<string, { readonly config: KafkaProperties }>>,
): string[][] {
  const defaults = plannedDefaults(properties);
  const ofBrokers = TIME_LIMITS.find((name) => name in properties);
  return [
    ...(isUnlimited(defaults) && ofBrokers !== undefined ? [["properties", ofBrokers]] : []),
    ...Object.entries(topics)
      .filter(([, { config }]) => "retention.ms" in config && isUnlimited({ ...defaults, ...asText(config) }))
      .map(([name]) => ["topics", name, "config", "retention.ms"]),
  ];
}

function isUnlimited(settings: Readonly<Record<string, string>>): boolean {
  const policies = (settings["cleanup.policy"] ?? "").split(",").map((each) => each.trim());
  const isWithout = (limit: string): boolean => Number(settings[limit]) < 0;
  return policies.includes("delete") && isWithout("retention.ms") && isWithout("retention.bytes");
}

function asText(settings: KafkaProperties): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value).trim()]));
}
