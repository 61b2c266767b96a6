import { listeners, outside, planKafka } from "../plan/kafkaPlan";
import type { KafkaProperties, PropertyMistake } from "../plan/properties";

/** The authorizer that comes with Kafka. Others have rules of their own. */
const AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
/** Whoever comes through a PLAINTEXT listener, which all listeners are. */
const ANONYMOUS = "User:ANONYMOUS";

/** What the nodes' own files have, which some properties have to go with. */
export interface Layout {
  readonly brokers: number;
  /** Nodes that only vote; none where brokers do. */
  readonly controllers?: object | undefined;
  readonly outsidePort?: number | undefined;
}

/** What is wrong with properties that Kafka takes by its definitions, but not together, or with the nodes' listeners. */
export function conflicts(user: KafkaProperties, layout: Layout & { readonly secret?: boolean }): PropertyMistake[] {
  return [
    ...misspelt(user, layout.secret),
    ...noConnections(user),
    ...absentListeners(user, layout),
    ...lockedOut(user),
  ];
}

const CLASS = String.raw`[\p{L}_$][\p{L}\p{N}_$]*(\.[\p{L}_$][\p{L}\p{N}_$]*)+`;

/** Texts that brokers read when they start, with what they have to be. */
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

/** All nodes read the same properties: a listener that starts early has to be there on each of them. */
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

/** Brokers need rights on the cluster from each other, to fetch what they replicate and to be told what leads. */
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

/** A setting's value without the blanks around it, as Kafka reads it. */
export function textOf(user: KafkaProperties, name: string): string | undefined {
  return name in user ? String(user[name]).trim() : undefined;
}

/** Whether a broker fills in the value when it starts. */
export function isResolvedLater(user: KafkaProperties, value: string | number | boolean): boolean {
  return "config.providers" in user && String(value).includes("${");
}
