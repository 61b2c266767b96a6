import { AUTHORITIES_FILE } from "./certificates";
import { type Encryption, hasTls, type Listener, tlsListeners, usesTls } from "./encryption";
import { type Durability, listeners, outside, planKafka, type KafkaPlan, quorumListeners } from "./kafkaPlan";
import { superUsers } from "./principals";

/**
 * Settings of brokers, or of a topic, by name.
 *
 * @example { "log.retention.hours": 48, "compression.type": "zstd" }
 * @see https://kafka.apache.org/documentation/#brokerconfigs
 */
export type KafkaProperties = Readonly<Record<string, string | number | boolean>>;

interface Setting {
  value: string | number | boolean;
  /** Reason for the value: the comment above it in the file. */
  why: string;
}

/** Why a property can't be set. */
export interface PropertyMistake {
  readonly name: string;
  /**
   * `planned`: only this program may set it. `unknown`: Kafka has no such setting. `value`: Kafka refuses the value.
   * `replicas`: there can't be as many replicas. `conflict`: another setting contradicts it. `lockout`: brokers would
   * be denied all requests.
   */
  readonly kind: "planned" | "unknown" | "value" | "replicas" | "conflict" | "lockout";
  /** The reason and the remedy, in words that go on from the property's name. */
  readonly message: string;
}

/**
 * The settings that all nodes share, as text of a server.properties: sorted by name, each below its reason. The
 * launcher adds what differs between nodes: id, roles and addresses.
 *
 * @param racks whether brokers are in racks
 * @param apart names of settings to leave out: those that `propertyLines` writes to another file
 * @throws Error that lists every property of the user's that only this program may set
 */
export function serverProperties(
  plan: KafkaPlan,
  user: KafkaProperties = {},
  racks = false,
  apart: readonly string[] = [],
): string {
  const mistakes = Object.entries(user).flatMap(([name, value]) => plannedMistake(name, value, plan.encryption));
  if (mistakes.length > 0) {
    throw new Error(
      `Kafka can't take these properties:\n${mistakes.map(({ name, message }) => `  ${name}: ${message}`).join("\n")}`,
    );
  }
  const settings: Record<string, Setting> = {
    ...defaults(plan),
    ...(racks && readFromOwnRack),
    ...owned(plan),
    ...encrypted(plan),
  };
  for (const [key, value] of Object.entries(user)) {
    settings[key] = { value, why: "set by the stack's configuration" };
  }
  return Object.keys(settings)
    .filter((key) => !apart.includes(key))
    .sort()
    .map((key) => `# ${settings[key]!.why}\n${key}=${escape(String(settings[key]!.value))}\n`)
    .join("\n");
}

/** Properties as lines of a server.properties, sorted by name, without reasons. */
export function propertyLines(user: KafkaProperties): string {
  return Object.keys(user)
    .sort()
    .map((key) => `${key}=${escape(String(user[key]))}\n`)
    .join("");
}

/**
 * The numbers of replicas that the user sets, which the whole plan follows. The brokers' file alone isn't enough: Kafka
 * keeps `min.insync.replicas` in the cluster's metadata, where Jobs set it.
 */
export function durabilityOf(user: KafkaProperties = {}): Durability {
  const number = (name: string): number | undefined => {
    const value = Number(user[name] ?? NaN);
    return Number.isInteger(value) ? value : undefined;
  };
  return { replicationFactor: number(FACTOR), minInsyncReplicas: number(MINIMUM) };
}

/** Broker settings that the whole plan follows. */
export const FACTOR = "default.replication.factor";
export const MINIMUM = "min.insync.replicas";

/**
 * Why the user may not set a property; empty if the user may.
 *
 * @param encryption @default "open", where listeners and authorizer are the user's
 */
export function plannedMistake(
  name: string,
  value: string | number | boolean,
  encryption: Encryption = "open",
): PropertyMistake[] {
  const refused = (message: string): PropertyMistake[] => [{ name, kind: "planned", message }];
  if (!/^[A-Za-z0-9._-]+$/.test(name)) return refused("is no name of a Kafka property; remove it");
  if (/[\r\n]/.test(String(value))) return refused("the value has more than one line; write it in one");
  const reason = reasonForRefusal(name) ?? reasonOfEncryption(name, encryption);
  return reason === undefined ? [] : refused(reason);
}

/**
 * Settings that only this program may set: they follow from the number of brokers, or nodes need them to find each
 * other.
 */
function owned(plan: KafkaPlan): Record<string, Setting> {
  const { cluster, controller, nodes } = listeners;
  const factor = plan.replicationFactor;
  const { encryption } = plan;
  const all = [cluster, nodes, outside, controller, ...(hasTls(encryption) ? Object.values(tlsListeners) : [])];
  return {
    "controller.listener.names": {
      value: quorumListeners(encryption)
        .map(({ name }) => name)
        .join(),
      why: "voters talk to each other here",
    },
    "controller.quorum.bootstrap.servers": {
      value: plan.quorumServers.join(","),
      why: "addresses to find the metadata quorum; the voters are stored in the quorum itself (KIP-853)",
    },
    "inter.broker.listener.name": {
      value: usesTls(encryption) ? tlsListeners.peers.name : cluster.name,
      why: "brokers use the same stable names as clients in pods",
    },
    "listener.security.protocol.map": {
      value: all.map(({ name, protocol }) => `${name}:${protocol}`).join(","),
      why: hasTls(encryption) ? `kafka.security.encryption is ${encryption}` : "no TLS yet",
    },
    "offsets.topic.replication.factor": { value: factor, why: "consumers' offsets: from the broker count" },
    "share.coordinator.state.topic.min.isr": { value: plan.minInsyncReplicas, why: "from the broker count" },
    "share.coordinator.state.topic.replication.factor": { value: factor, why: "share groups: from the broker count" },
    "transaction.state.log.min.isr": { value: plan.minInsyncReplicas, why: "from the broker count" },
    "transaction.state.log.replication.factor": { value: factor, why: "transactions: from the broker count" },
  };
}

/** Where a node's certificates are. The launcher adds the file of the node's own. */
export const CERTIFICATES_DIR = "/etc/kubeadm-kafka/certificates";

/** Settings of the TLS listeners, and of the authorizer that judges who uses them. */
function encrypted({ name: cluster, encryption }: KafkaPlan): Record<string, Setting> {
  if (!hasTls(encryption)) return {};
  const all = Object.values(tlsListeners);
  return {
    "sasl.enabled.mechanisms": { value: "SCRAM-SHA-512", why: "logins never send a password" },
    "ssl.keystore.type": { value: "PEM", why: "the authority's Job writes PEM" },
    "ssl.truststore.type": { value: "PEM", why: "the authority's Job writes PEM" },
    "ssl.truststore.location": {
      value: `${CERTIFICATES_DIR}/${AUTHORITIES_FILE}`,
      why: "authorities that certificates have to be of",
    },
    ...Object.fromEntries(all.map((each) => asksWho(each))),
    ...(usesTls(encryption) && {
      "authorizer.class.name": {
        value: "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        why: "what no rule allows is denied",
      },
      "super.users": {
        value: superUsers(cluster, encryption).join(";"),
        why: "nodes, and the Job that makes the rules",
      },
    }),
  };
}

/** The setting by which a listener asks its clients who they are. */
function asksWho({ name, protocol }: Listener): [name: string, setting: Setting] {
  const prefix = `listener.name.${name.toLowerCase()}`;
  if (protocol === "SSL")
    return [`${prefix}.ssl.client.auth`, { value: "required", why: "who has no certificate can't connect" }];
  const value = "org.apache.kafka.common.security.scram.ScramLoginModule required;";
  const why = "users, and what is known of their passwords, are in Kafka's metadata";
  return [`${prefix}.scram-sha-512.sasl.jaas.config`, { value, why }];
}

/** Settings that a user's property overrides. */
function defaults(plan: KafkaPlan): Record<string, Setting> {
  return {
    "auto.create.topics.enable": { value: false, why: "a misspelt topic is an error, not a new topic" },
    "default.replication.factor": {
      value: plan.replicationFactor,
      why: "topics without a factor of their own: from the broker count",
    },
    "min.insync.replicas": { value: plan.minInsyncReplicas, why: "replicas in sync that a write with acks=all needs" },
    "socket.connection.setup.timeout.max.ms": { value: 4000, why: "longest timeout after repeated failures" },
    "socket.connection.setup.timeout.ms": {
      value: 2000,
      why: "nodes are close to each other: a connection that takes longer leads to a pod that is gone, and replication waits for it",
    },
  };
}

/** @see KIP-392 (consumers read from the closest replica) */
const readFromOwnRack: Record<string, Setting> = {
  "replica.selector.class": {
    value: "org.apache.kafka.common.replica.RackAwareReplicaSelector",
    why: "consumers with a client.rack read from a replica in their own rack, if there is one",
  },
};

const SET_BY_THE_LAUNCHER = ["advertised.listeners", "broker.rack", "listeners", "node.id", "process.roles"];
/** Settings that the user may not set, each with the reason. */
const REPLACED: Readonly<Record<string, string>> = {
  "controller.quorum.auto.join.enable": "voters are added one at a time; a removed one must not add itself again",
  "broker.id": "a node's id is its pod's number",
  "controller.quorum.voters":
    "voters are planned from the broker count and kept in the quorum, not in a file (KIP-853)",
  "log.dir": "log directories are on the pod's volumes",
  "log.dirs": "log directories are on the pod's volumes; kafka.storage.volumes is their number",
  "security.inter.broker.protocol":
    "brokers' listener is planned (inter.broker.listener.name), and Kafka takes one of the two",
  "metadata.log.dir": "metadata is on the pod's first volume",
  "cordoned.log.dirs": "the Jobs that move partitions cordon brokers to be removed",
  "leader.replication.throttled.rate": "is set while replicas move, at kafka.moveMegabytesPerSecond",
  "follower.replication.throttled.rate": "is set while replicas move, at kafka.moveMegabytesPerSecond",
  "replica.alter.log.dirs.io.max.bytes.per.second": "is set while Kafka runs, not in its file",
};

function reasonForRefusal(key: string): string | undefined {
  if (SET_BY_THE_LAUNCHER.includes(key)) return "is different for each node and set when it starts; remove it";
  if (key.startsWith("zookeeper.")) return "Kafka 4 has no ZooKeeper; remove it";
  if (Object.hasOwn(REPLACED, key)) return `${REPLACED[key]}; remove it`;
  if (!OWNED_KEYS.has(key)) return undefined;
  if (/\.(replication\.factor|min\.isr)$/.test(key)) {
    const followed = key.endsWith("factor") ? FACTOR : MINIMUM;
    return `is planned for all of Kafka's own topics together, from kafka.brokers and ${followed}; set that instead`;
  }
  return "is planned from the broker count and the pods' layout; remove it";
}

/** Settings of listeners and authorizer, which the program sets once there is TLS. */
const OF_ENCRYPTION =
  /^(listener\.name\.[^.]+\.)?(ssl\.|sasl\.|[a-z0-9-]+\.sasl\.|principal\.builder\.class$|connections\.max\.reauth\.ms$)|^(authorizer\.class\.name|super\.users|allow\.everyone\.if\.no\.acl\.found|early\.start\.listeners)$/;

function reasonOfEncryption(key: string, encryption: Encryption): string | undefined {
  if (!hasTls(encryption) || !OF_ENCRYPTION.test(key)) return undefined;
  return `is planned while kafka.security.encryption is ${encryption}; remove it`;
}

const OWNED_KEYS = new Set(Object.keys(owned(planKafka("any", "any", 1))));

/**
 * A value as java.util.Properties reads it. A backslash begins an escape, leading spaces are dropped, and the file's
 * encoding is ISO-8859-1. So all but printable ASCII is written as escapes of UTF-16 units, such as `\u00e9`.
 *
 * @see https://docs.oracle.com/en/java/javase/17/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
 */
function escape(value: string): string {
  const unit = (each: string): string => `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return value
    .replace(/\\/g, "\\\\")
    .replace(/^ /, "\\ ")
    .replace(/[^ -~]/g, unit);
}
