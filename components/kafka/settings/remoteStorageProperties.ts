import { isResolvedLater, textOf } from "./conflictingProperties";
import type { KafkaProperties, PropertyMistake } from "../plan/properties";
import { plannedDefaults } from "./retention";

const SYSTEM = "remote.log.storage.system.enable";
const TOPIC = "remote.storage.enable";
/**
 * Limits of all that is kept of a topic. The limits of brokers' own disks, with `local.` in front, may not be higher.
 */
const LIMITS = ["retention.ms", "retention.bytes"];
/** Value of a limit that means "no limit". */
const UNLIMITED = -1;

/**
 * Mistakes of a topic in remote storage: its brokers have to have remote storage, and compaction is not supported.
 *
 * @see KIP-405 (tiered storage)
 */
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
 * Brokers' limits of local storage that are higher than those of all storage. Such a broker ends at its start.
 *
 * @see https://github.com/apache/kafka LogConfig.validateBrokerLogConfigValues
 */
export function brokersLocalLimits(user: KafkaProperties, secret = false): PropertyMistake[] {
  if (!isOn(user, SYSTEM)) return [];
  const holds = limitsOf(user);
  return LIMITS.flatMap((limit) => localAboveAll(limit, `log.local.${limit}`, holds, secret));
}

/**
 * A topic's limits of local storage that are higher than those of all storage. Kafka refuses to create such a topic.
 */
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

/** Brokers' limits, under the names of topic settings. */
function limitsOf(brokers: KafkaProperties): KafkaProperties {
  const local = LIMITS.filter((limit) => `log.local.${limit}` in brokers);
  return {
    ...plannedDefaults(brokers),
    ...Object.fromEntries(local.map((limit) => [`local.${limit}`, brokers[`log.local.${limit}`]!] as const)),
  };
}

/**
 * A local limit that isn't set, or is -2, equals the limit of all storage. A value that only Kafka can resolve isn't
 * judged.
 */
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
