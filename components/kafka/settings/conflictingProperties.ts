import { listeners, outside, planKafka } from "../plan/kafkaPlan";
import type { KafkaProperties, PropertyMistake } from "../plan/properties";

/** Kafka's own authorizer. Others have rules of their own and aren't judged. */
const AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
/** Principal of every client, since all listeners are PLAINTEXT. */
const ANONYMOUS = "User:ANONYMOUS";

/** Parts of the config that decide which listeners the nodes have. */
export interface Layout {
  /** Number of brokers. */
  readonly brokers: number;
  /** Settings of dedicated controllers; undefined if brokers vote. */
  readonly controllers?: object | undefined;
  /** First port for clients outside the cluster; undefined if there are none. */
  readonly outsidePort?: number | undefined;
}

/** Mistakes in properties that are valid by Kafka's definitions, but contradict each other or the nodes' listeners. */
export function conflicts(user: KafkaProperties, layout: Layout & { readonly secret?: boolean }): PropertyMistake[] {
  return [
    ...misspelt(user, layout.secret),
    ...noConnections(user),
    ...absentListeners(user, layout),
    ...lockedOut(user),
  ];
}

const CLASS = String.raw`[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)+`;

/** Texts that brokers parse at their start: the name, the form, and the form in words. */
const FORMS: readonly (readonly [name: string, form: RegExp, words: string])[] = [
  [
    "max.connections.per.ip.overrides",
    /^([\w.%:-]*\s*:\s*[+-]?\d{1,10}\s*(,\s*|$))*$/,
    "HOST:COUNT, or several with a comma between two",
  ],
  ["group.coordinator.rebalance.protocols", /(^|,)\s*classic\s*(,|$)/i, "a list with classic in it"],
  [
    "group.consumer.assignors",
    listOf(`uniform|range|${CLASS}`),
    "uniform, range, names of classes, or several of them",
  ],
  ["group.share.assignors", new RegExp(`^(simple|${CLASS})$`, "u"), "simple, or the name of one class"],
  ["group.streams.assignors", listOf(`sticky|${CLASS}`), "sticky, or names of classes"],
];

function listOf(item: string): RegExp {
  return new RegExp(`^(${item})(\\s*,\\s*(${item}))*$`, "u");
}

function misspelt(user: KafkaProperties, secret = false): PropertyMistake[] {
  return FORMS.flatMap(([name, form, words]): PropertyMistake[] => {
    const text = textOf(user, name);
    if (text === undefined || form.test(text) || isResolvedLater(user, text)) return [];
    return [{ name, kind: "value", message: `${secret ? "its value" : JSON.stringify(text)} must be ${words}` }];
  });
}

function noConnections(user: KafkaProperties): PropertyMistake[] {
  const name = "max.connections.per.ip";
  if (Number(textOf(user, name) ?? NaN) !== 0 || textOf(user, `${name}.overrides`)) return [];
  const message = `lets nobody connect; set at least 1, or ${name}.overrides for those who may`;
  return [{ name, kind: "conflict", message }];
}

/**
 * Listeners in `early.start.listeners` that some nodes lack: all nodes read the same properties, so each needs them
 * all.
 */
function absentListeners(user: KafkaProperties, { brokers, controllers, outsidePort }: Layout): PropertyMistake[] {
  const name = "early.start.listeners";
  const text = textOf(user, name);
  if (!text || isResolvedLater(user, text)) return [];
  const { cluster, nodes, controller } = listeners;
  const ofBrokers = [cluster, nodes, ...(outsidePort === undefined ? [] : [outside])];
  const allVote = planKafka("any", "any", brokers).voters.length === brokers;
  const everywhere = controllers ? [] : [...ofBrokers, ...(allVote ? [controller] : [])];
  const names: string[] = everywhere.map((each) => each.name);
  if (text.split(",").every((each) => names.includes(each.trim()))) return [];
  const message =
    names.length === 0
      ? "names a listener that not all nodes have: brokers and controllers share none; remove it"
      : `names a listener that not all nodes have; on all of them are ${names.join(", ")}`;
  return [{ name, kind: "conflict", message }];
}

/** An authorizer that would lock brokers out: they need rights on the cluster to replicate from each other. */
function lockedOut(user: KafkaProperties): PropertyMistake[] {
  const name = "authorizer.class.name";
  if (textOf(user, name) !== AUTHORIZER) return [];
  const namesPrincipals = Object.keys(user).some((each) => /(^|\.)principal\.builder\.class$/.test(each));
  const superUsers = textOf(user, "super.users") ?? "";
  const isAllowed =
    superUsers.split(";").some((each) => each.trim() === ANONYMOUS || isResolvedLater(user, each)) ||
    textOf(user, "allow.everyone.if.no.acl.found")?.toLowerCase() === "true";
  if (namesPrincipals || isAllowed) return [];
  const message =
    `would deny brokers what they ask of each other: listeners are PLAINTEXT, so that brokers are ${ANONYMOUS} as clients are; ` +
    `add ${ANONYMOUS} to super.users (several with ; between), or set allow.everyone.if.no.acl.found: true`;
  return [{ name, kind: "lockout", message }];
}

/** A setting's value without surrounding spaces, as Kafka reads it. */
export function textOf(user: KafkaProperties, name: string): string | undefined {
  return name in user ? String(user[name]).trim() : undefined;
}

/**
 * Whether a broker resolves the value at its start.
 *
 * @example "${file:/etc/secrets:key}"
 * @see KIP-421 (config providers)
 */
export function isResolvedLater(user: KafkaProperties, value: string | number | boolean): boolean {
  return "config.providers" in user && String(value).includes("${");
}
