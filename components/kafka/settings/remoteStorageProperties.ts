import { isResolvedLater, textOf } from "./conflictingProperties";
import type { KafkaProperties, PropertyMistake } from "../plan/properties";
import { plannedDefaults } from "./retention";

const SYSTEM = "remote.log.storage.system.enable";
const TOPIC = "remote.storage.enable";
/** What is kept of a topic at all. What brokers keep on their own disks, `local.` in front, may not be more. */
const LIMITS = ["retention.ms", "retention.bytes"];
/** As a limit: none. */
const UNLIMITED = -1;

/** A topic's records can be in remote storage only where the brokers have one, and only without compaction. */
export function unstored(config: KafkaProperties, brokers: KafkaProperties): PropertyMistake[] {
  if (!isOn(config, TOPIC)) return [];
  const mistake = (message: string): PropertyMistake[] => [{ name: TOPIC, kind: "conflict", message }];
  if (!isOn(brokers, SYSTEM) && !isResolvedLater(brokers, brokers[SYSTEM] ?? "")) {
    return mistake(`needs brokers with remote storage; set ${SYSTEM}: true in kafka.properties, or remove it`);
  }
  const policy = textOf(config, "cleanup.policy") ?? textOf(brokers, "log.cleanup.policy") ?? "delete";
  return policy.includes("compact") ? mistake("needs a cleanup.policy without compact; set it to delete") : [];
}

/**
 * Limits of what brokers with remote storage keep on their own disks that are above those of what is kept at all: a broker
 * ends as soon as it starts.
 *
 * @see https://github.com/apache/kafka LogConfig.validateBrokerLogConfigValues
 */
export function brokersLocalLimits(user: KafkaProperties, secret = false): PropertyMistake[] {
  if (!isOn(user, SYSTEM)) return [];
  const holds = limitsOf(user);
  return LIMITS.flatMap((limit) => localAboveAll(limit, `log.local.${limit}`, holds, secret));
}

/** Such limits of a topic whose records are in remote storage: Kafka doesn't make it. Brokers' limits hold where it has none. */
export function topicsLocalLimits(
  config: KafkaProperties,
  brokers: KafkaProperties,
  secret = false,
): PropertyMistake[] {
  if (!isOn(config, TOPIC)) return [];
  const holds = { ...limitsOf(brokers), ...config };
  return LIMITS.flatMap((limit) => {
    const name = [`local.${limit}`, limit].find((each) => each in config);
    return name === undefined ? [] : localAboveAll(limit, name, holds, secret);
  });
}

/** By the names that a topic's settings have. */
function limitsOf(brokers: KafkaProperties): KafkaProperties {
  const local = LIMITS.filter((limit) => `log.local.${limit}` in brokers);
  return {
    ...plannedDefaults(brokers),
    ...Object.fromEntries(local.map((limit) => [`local.${limit}`, brokers[`log.local.${limit}`]!] as const)),
  };
}

/** Not set, or -2, is the limit of all. What only Kafka can resolve isn't judged. */
function localAboveAll(limit: string, name: string, holds: KafkaProperties, secret: boolean): PropertyMistake[] {
  const [local, all] = [Number(holds[`local.${limit}`]), Number(holds[limit])];
  if (!(all >= 0 && (local === UNLIMITED || local > all))) return [];
  const localInWords = local === UNLIMITED ? `${local}, no limit,` : String(local);
  const message =
    name === limit
      ? `${secret ? "its value" : all} must be at least local.${limit}, which is ${secret ? "larger" : localInWords} on the brokers; ` +
        `set local.${limit}: -2 beside it, which is the same limit`
      : `${secret ? "its value" : localInWords} must be at most ${limit}${secret ? "" : `, which is ${all}`}, or -2, which is the same limit`;
  return [{ name, kind: "conflict", message }];
}

function isOn(settings: KafkaProperties, name: string): boolean {
  return textOf(settings, name)?.toLowerCase() === "true";
}
