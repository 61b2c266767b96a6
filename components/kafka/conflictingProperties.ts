import type { KafkaProperties, PropertyMistake } from "./properties";

/** The authorizer that comes with Kafka. Others have rules of their own. */
const AUTHORIZER = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";
/** Whoever comes through a PLAINTEXT listener, which all listeners are. */
const ANONYMOUS = "User:ANONYMOUS";

/** What is wrong with properties that Kafka takes one by one, but not together. */
export function conflicts(user: KafkaProperties): PropertyMistake[] {
  return lockedOut(user);
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

function textOf(user: KafkaProperties, name: string): string | undefined {
  return name in user ? String(user[name]).trim() : undefined;
}

/** Whether a broker fills in the value when it starts. */
export function isResolvedLater(user: KafkaProperties, value: string | number | boolean): boolean {
  return "config.providers" in user && String(value).includes("${");
}
