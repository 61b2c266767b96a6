import { THROTTLES } from "./throttles";
import { comparedProperties, comparedTopicSettings } from "./comparedProperties";
import { conflicts, isResolvedLater, type Layout } from "./conflictingProperties";
import { type Definition, type Definitions, definitionsOf, edits, nearestName, wantedInstead } from "./knownProperties";
import { type Encryption, hasTls, tlsListeners } from "../plan/encryption";
import { listeners, outside, planKafka } from "../plan/kafkaPlan";
import {
  durabilityOf,
  FACTOR,
  type KafkaProperties,
  MINIMUM,
  plannedMistake,
  type PropertyMistake,
} from "../plan/properties";
import { brokersLocalLimits, topicsLocalLimits, unstored } from "./remoteStorageProperties";

/** Parts of the config that the user's properties are checked against. */
export interface PropertyContext extends Layout {
  /** Kafka's version, such as `4.3.1`. */
  readonly version: string;
  /**
   * Whether the properties contain secrets. If so, messages don't repeat values, except for numbers of replicas and
   * retention limits, which are in clear in the plan and its Jobs anyway.
   * @default false
   */
  readonly secret?: boolean;
  /** How connections are protected. @default "open" */
  readonly encryption?: Encryption | undefined;
}

/** Mistakes in a user's properties, in the properties' order, at most one for each. */
export function propertyMistakes(user: KafkaProperties, context: PropertyContext): PropertyMistake[] {
  const definitions = definitionsOf(context.version);
  const compared = comparedProperties({ own: user, definitions: definitions.broker, secret: context.secret });
  const together = [...compared, ...conflicts(user, context), ...brokersLocalLimits(user, context.secret)];
  return Object.entries(user).flatMap(([name, value]) => {
    const planned = plannedMistake(name, value, context.encryption);
    if (planned.length > 0) return planned;
    return [
      ...knownMistake(name, user, definitions, context),
      ...replicasMistake(name, user, context),
      ...together.filter((each) => each.name === name),
    ].slice(0, 1);
  });
}

/**
 * Mistakes in a topic's settings, at most one for each. Kafka refuses settings of a topic that it doesn't know.
 *
 * @param context `properties` are the brokers', which are the defaults of the topic's settings
 */
export function topicSettingMistakes(
  config: KafkaProperties,
  replicationFactor: number,
  { version, secret, properties = {} }: Pick<PropertyContext, "version" | "secret"> & { properties?: KafkaProperties },
): PropertyMistake[] {
  const { topic, release, complete } = definitionsOf(version);
  const together = [
    ...comparedTopicSettings({ own: config, definitions: topic, secret }, properties),
    ...unstored(config, properties),
    ...topicsLocalLimits(config, properties, secret),
  ];
  return Object.entries(config).flatMap(([name, value]) => {
    if ((THROTTLES as readonly string[]).includes(name)) {
      const message = "is set while replicas move, at kafka.moveMegabytesPerSecond; remove it";
      return [{ name, kind: "planned", message }];
    }
    const definition = topic[name];
    if (!definition) {
      const nearest = nearestName(Object.keys(topic), name);
      return complete ? [unknown(name, `the settings of a topic in Kafka ${release}`, nearest)] : [];
    }
    const unfit = [
      ...valueMistake(name, value, definition, secret),
      ...together.filter((each) => each.name === name),
    ].slice(0, 1);
    if (unfit.length > 0 || name !== MINIMUM || Number(value) <= replicationFactor) return unfit;
    const message = `${value} in sync are more than the topic's replicationFactor, ${replicationFactor}; set at most that, or more replicas`;
    return [{ name, kind: "replicas", message }];
  });
}

/**
 * Names of the user's properties with confidential values: those that Kafka defines as passwords, such as keys and JAAS
 * configurations, and those that it doesn't define. The latter are for plugins, and some are credentials, such as
 * `rlmm.config.admin.sasl.jaas.config` or an object store's key.
 */
export function confidentialIn(user: KafkaProperties, version: string): string[] {
  const { broker } = definitionsOf(version);
  return Object.keys(user).filter((name) => (definitionOf(name, broker)?.type ?? "password") === "password");
}

/** Definition of a property, which may be `listener.name.NAME.PROPERTY` or `listener.name.NAME.MECHANISM.PROPERTY`. */
function definitionOf(name: string, broker: Definitions["broker"]): Definition | undefined {
  const [, own] = LISTENER_PREFIX.exec(name)?.slice(1) ?? [];
  return broker[name] ?? (own === undefined ? undefined : (broker[own] ?? broker[own.replace(/^[^.]+\./, "")]));
}

const LISTENER_PREFIX = /^listener\.name\.([^.]+)\.(.+)$/;

/** Mistakes in a property's name or value by Kafka's own definitions. */
function knownMistake(
  name: string,
  user: KafkaProperties,
  { broker, release, complete }: Definitions,
  { secret, encryption = "open" }: PropertyContext,
): PropertyMistake[] {
  const listener = LISTENER_PREFIX.exec(name);
  const own = listener ? listener[2]! : name;
  const definition = definitionOf(name, broker);
  const names = listenerNames(encryption);
  if (listener && !names.includes(listener[1]!)) {
    return [unknown(name, `the listeners, which are ${names.join(", ")}`, nearestName(names, listener[1]!))];
  }
  if (definition) {
    return isResolvedLater(user, user[name]!) ? [] : valueMistake(name, user[name]!, definition, secret);
  }
  if (!complete || readOutsideDefinitions(name, user)) return [];
  const nearest = nearestName(Object.keys(broker), own);
  // A class of the user's may read properties that Kafka doesn't know. But one that is close to a known name is a
  // typing error.
  const forPlugin = listener !== null || Object.values(user).some(namesClass);
  if (forPlugin && (!nearest || edits(nearest, own) > 2)) return [];
  const prefix = name.slice(0, name.length - own.length);
  return [unknown(name, `Kafka ${release}, which would ignore it`, nearest && prefix + nearest)];
}

function listenerNames(encryption: Encryption): string[] {
  const all = [...Object.values(listeners), outside, ...(hasTls(encryption) ? Object.values(tlsListeners) : [])];
  return all.map(({ name }) => name.toLowerCase());
}

/**
 * Whether Kafka reads a property though its definitions don't list it. Such properties have prefixes, some of them
 * settings.
 */
function readOutsideDefinitions(name: string, user: KafkaProperties): boolean {
  const prefixes = [
    "config.providers.",
    "metrics.context.",
    "metrics.jmx.",
    String(user["remote.log.metadata.manager.impl.prefix"] ?? "rlmm.config."),
    String(user["remote.log.storage.manager.impl.prefix"] ?? "rsm.config."),
  ];
  return prefixes.some((prefix) => name.startsWith(prefix));
}

/** Whether a value names a class. @example "org.example.Reporter", "org.example.A,org.example.B" */
function namesClass(value: string | number | boolean): boolean {
  return String(value)
    .split(",")
    .some((each) => /^\s*([a-z_][\w]*\.)+[A-Z]/.test(each));
}

function unknown(name: string, to: string, meant: string | undefined): PropertyMistake {
  const remedy = meant ? `did you mean ${meant}?` : "remove it";
  return { name, kind: "unknown", message: `is unknown to ${to}; ${remedy}` };
}

function valueMistake(
  name: string,
  value: string | number | boolean,
  definition: Definition,
  secret = false,
): PropertyMistake[] {
  const wanted = wantedInstead(definition, String(value));
  if (wanted === undefined) return [];
  const shown = secret ? "its value" : JSON.stringify(value);
  // JavaScript's numbers have 53 bits, so a larger one in YAML isn't read as it was written.
  const inQuotes = typeof value === "number" && Number.isInteger(value) && !Number.isSafeInteger(value);
  const message = `${shown} must be ${wanted}${inQuotes ? "; write a number of this size in quotes" : ""}`;
  return [{ name, kind: "value", message }];
}

/** A mistake if a setting asks for more replicas than there can be. */
function replicasMistake(name: string, user: KafkaProperties, { brokers }: PropertyContext): PropertyMistake[] {
  const { replicationFactor, minInsyncReplicas } = durabilityOf(user);
  const mistake = (message: string): PropertyMistake[] => [{ name, kind: "replicas", message }];
  if (name === FACTOR) {
    if (replicationFactor === undefined) return mistake("must be a whole number, written out");
    if (replicationFactor >= 1 && replicationFactor <= brokers) return [];
    return mistake(
      `${replicationFactor} replicas need as many brokers, and kafka.brokers is ${brokers}; set from 1 to ${brokers}, or more brokers`,
    );
  }
  if (name === MINIMUM) {
    if (minInsyncReplicas === undefined) return mistake("must be a whole number, written out");
    const most = replicationFactor ?? planKafka("any", "any", brokers).replicationFactor;
    if (minInsyncReplicas <= most) return [];
    return mistake(
      `${minInsyncReplicas} in sync are more than the replicas that a partition has, ${most} (${FACTOR}, which follows from kafka.brokers, ${brokers}); set at most ${most}, or a larger ${FACTOR}`,
    );
  }
  return [];
}
