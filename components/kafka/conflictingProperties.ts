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

/** A topic's records can be in remote storage only where the brokers have one, and only without compaction. */
export function unstored(config: KafkaProperties, brokers: KafkaProperties): PropertyMistake[] {
  const isOn = (text = "false"): boolean => text.toLowerCase() === "true";
  const [name, system] = ["remote.storage.enable", "remote.log.storage.system.enable"];
  if (!isOn(textOf(config, name))) return [];
  const mistake = (message: string): PropertyMistake[] => [{ name, kind: "conflict", message }];
  if (!isOn(textOf(brokers, system)) && !isResolvedLater(brokers, brokers[system] ?? "")) {
    return mistake(`needs brokers with remote storage; set ${system}: true in kafka.properties, or remove it`);
  }
  const policy = textOf(config, "cleanup.policy") ?? textOf(brokers, "log.cleanup.policy") ?? "delete";
  return policy.includes("compact") ? mistake("needs a cleanup.policy without compact; set it to delete") : [];
}

function textOf(user: KafkaProperties, name: string): string | undefined {
  return name in user ? String(user[name]).trim() : undefined;
}

/** Whether a broker fills in the value when it starts. */
export function isResolvedLater(user: KafkaProperties, value: string | number | boolean): boolean {
  return "config.providers" in user && String(value).includes("${");
}
