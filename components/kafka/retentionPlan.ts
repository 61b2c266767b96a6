import { topicDefaults } from "./changes/recordDeletion";
import type { KafkaProperties } from "./properties";

/** Kafka's own defaults of what decides how long records are kept. */
const DEFAULTS = { "log.cleanup.policy": "delete", "log.retention.hours": "168", "log.retention.bytes": "-1" };
/** Limits of time, of which the first that is set counts. */
const TIME_LIMITS = ["log.retention.ms", "log.retention.minutes", "log.retention.hours"];

/**
 * The settings by which Kafka keeps records for ever, however many come: no limit of time, none of bytes, and no compaction
 * alone. As paths below the config's `kafka`: of the brokers, and of topics that have such a setting of their own.
 */
export function unlimitedRetention(
  properties: KafkaProperties,
  topics: Readonly<Record<string, { readonly config: KafkaProperties }>>,
): string[][] {
  const brokers: Record<string, string> = { ...DEFAULTS, ...asText(properties) };
  const defaults = topicDefaults(brokers);
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
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));
}
