import { topicDefaults } from "./recordDeletion";
import type { KafkaProperties } from "../plan/properties";

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

/** A setting by which Kafka keeps records for ever, however many come. */
export interface UnlimitedRetention {
  /** Its path below the config's `kafka`. */
  readonly path: readonly string[];
  /** Name of the setting beside it that would limit them. */
  readonly limit: string;
}

/**
 * What keeps records for ever, of the brokers and of topics with settings of their own: no policy at all, or deletion without a
 * limit of time and of bytes. Compaction alone keeps the last record of each key, which is meant.
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

/** The setting of a topic by which its records would be limited; undefined where they are, or where they are compacted alone. */
function missingLimit(settings: Readonly<Record<string, string>>): string | undefined {
  const policies = (settings[POLICY] ?? "").split(",").map((each) => each.trim());
  if (policies.join("") === "") return POLICY;
  const isWithout = (limit: string): boolean => Number(settings[limit]) < 0;
  return policies.includes("delete") && isWithout("retention.ms") && isWithout(BYTES) ? BYTES : undefined;
}

function asText(settings: KafkaProperties): Record<string, string> {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value).trim()]));
}
