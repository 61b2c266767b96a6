import { type Encryption, hasTls, type Listener, tlsListeners, usesTls } from "./encryption";

/** A node's role: brokers serve clients, controllers vote in the metadata quorum. A node may have both. */
export type KafkaRole = "broker" | "controller";

/** One Kafka server: a pod of its pool. */
export interface KafkaNode {
  readonly id: number;
  readonly roles: readonly KafkaRole[];
  /**
   * DNS name at which clients and other brokers reach the node. It is the name of the node's own Service, so name and
   * address both stay when the pod's address changes (see `brokerServices` in declared/services.ts).
   *
   * @example "kafka-0.kafka.svc.cluster.local"
   */
  readonly host: string;
  /**
   * DNS name at which other nodes of the metadata quorum reach the node, even before it is ready.
   *
   * @example "kafka-0-quorum.kafka.svc.cluster.local"
   */
  readonly quorumHost: string;
}

/** Nodes of one role: a StatefulSet, whose pod `NAME-N` is the node `firstId + N`. */
export interface KafkaPool {
  /** Name of the StatefulSet. */
  readonly name: string;
  /** A controller only votes. A broker may also vote, if the cluster has no dedicated controllers. */
  readonly role: KafkaRole;
  readonly firstId: number;
  readonly nodes: readonly KafkaNode[];
  /** Name of the headless Service that every StatefulSet needs. Kafka itself uses the nodes' own Services. */
  readonly headlessService: string;
}

/** Layout of a Kafka cluster: all that follows from its name and its numbers of nodes, as plain data. */
export interface KafkaPlan {
  /** Name of the brokers' StatefulSet; all other objects derive theirs from it. */
  readonly name: string;
  readonly namespace: string;
  /** DNS domain of its Services. @example "kafka.svc.cluster.local" */
  readonly domain: string;
  /** In the order in which changes roll through them: dedicated controllers before brokers. */
  readonly pools: readonly KafkaPool[];
  /** Ids of the nodes that serve clients. */
  readonly brokers: readonly number[];
  /** All pools' nodes. */
  readonly nodes: readonly KafkaNode[];
  /** Ids of the nodes that vote in the metadata quorum. */
  readonly voters: readonly number[];
  /** Replicas of Kafka's own topics: the number of brokers up to three, or more if the user sets more. */
  readonly replicationFactor: number;
  /** Default of `min.insync.replicas`: replicas in sync without which a write with `acks=all` is refused. */
  readonly minInsyncReplicas: number;
  /** How connections are protected. */
  readonly encryption: Encryption;
  /** Name of the Service that clients start from. */
  readonly bootstrapService: string;
  /** `host:port` that clients inside the cluster start from. It doesn't depend on the number of brokers. */
  readonly bootstrapServers: string;
  /** `host:port` that the program's Jobs start from. */
  readonly bootstrapServersOfJobs: string;
  /** `host:port` of each voter, at which nodes look for the metadata quorum. */
  readonly quorumServers: readonly string[];
}

/** Numbers of replicas that the user sets in place of the planned ones. */
export interface Durability {
  /** `default.replication.factor`, from 1 to the number of brokers. @default the number of brokers, up to three */
  readonly replicationFactor?: number | undefined;
  /**
   * `min.insync.replicas`, from 1 to the replication factor.
   * @default one less than the planned replicas, at least 1
   */
  readonly minInsyncReplicas?: number | undefined;
}

/**
 * A node's listeners. `cluster` is for brokers and clients in pods and advertises DNS names. `nodes` is for processes
 * on a Kubernetes node and advertises the addresses of the same Services, since such processes can't resolve the
 * cluster's names.
 */
export const listeners = {
  cluster: { name: "CLUSTER", port: 9092, protocol: "PLAINTEXT" },
  controller: { name: "CONTROLLER", port: 9093, protocol: "PLAINTEXT" },
  nodes: { name: "NODES", port: 9094, protocol: "PLAINTEXT" },
} as const satisfies Record<string, Listener>;

/** The listener for clients outside the cluster. It advertises the host's address and a port for each broker. */
export const outside = { name: "OUTSIDE", port: 9095, protocol: "PLAINTEXT" } as const satisfies Listener;

/** Which listeners other pods reach: PLAINTEXT ones until the cluster is closed, and those with TLS beside them. */
function reached(encryption: Encryption, plain: readonly Listener[], tls: readonly Listener[]): Listener[] {
  return [...(encryption === "closed" ? [] : plain), ...(hasTls(encryption) ? tls : [])];
}

/** The listeners for clients in pods and on hosts. A closed broker keeps `cluster` for its own pod alone: scripts/listeners.sh. */
export function clientListeners(encryption: Encryption): Listener[] {
  const { logins, nodeLogins, certificates } = tlsListeners;
  return reached(encryption, [listeners.cluster, listeners.nodes], [logins, nodeLogins, certificates]);
}

/** The listeners at which brokers serve. */
export function brokerListeners(encryption: Encryption): Listener[] {
  return [...clientListeners(encryption), ...(hasTls(encryption) ? [tlsListeners.peers] : [])];
}

/** A listener for clients outside the cluster, and the port of each host that leads to the first broker's. */
export interface OutsideListener extends Listener {
  readonly firstPort: number;
}

/** The listeners for clients outside the cluster, without those that have no port. */
export function outsideListeners(firstPort: number | undefined, firstTlsPort: number | undefined): OutsideListener[] {
  return [
    ...(firstPort === undefined ? [] : [{ ...outside, firstPort }]),
    ...(firstTlsPort === undefined ? [] : [{ ...tlsListeners.outsideLogins, firstPort: firstTlsPort }]),
  ];
}

/** The listeners of controllers, in the order of `controller.listener.names`: nodes use the first. */
export function quorumListeners(encryption: Encryption): Listener[] {
  const both = reached(encryption, [listeners.controller], [tlsListeners.quorum]);
  return usesTls(encryption) ? both.reverse() : both;
}

/** The listeners of each node of a pool, without those for clients outside the cluster. */
export function listenersOf({ role }: Pick<KafkaPool, "role">, encryption: Encryption): Listener[] {
  if (role === "controller") return quorumListeners(encryption);
  const tls = Object.values(tlsListeners).filter((each) => each !== tlsListeners.outsideLogins);
  return reached(encryption, Object.values(listeners), tls);
}

/** kubeadm's default DNS domain. */
const CLUSTER_DOMAIN = "cluster.local";
const MOST_VOTERS = 3;
const MOST_REPLICAS = 3;
/** Controllers' ids begin above those of all brokers that may be added later. */
const FIRST_CONTROLLER = 1000;

/**
 * Voters of the metadata quorum for a number of nodes: the largest odd number up to three. Three voters survive the
 * loss of one. Two survive none, and four survive no more losses than three.
 *
 * @see KIP-853 (dynamic voters), KIP-595 (quorum)
 */
export function planVoters(nodes: number): number[] {
  const most = Math.min(nodes, MOST_VOTERS);
  return ids(most % 2 === 0 ? most - 1 : most);
}

/**
 * Plans a Kafka cluster.
 *
 * @param size as `layOutKafka` takes it
 * @throws RangeError where `brokers` isn't a whole number above zero, or `controllers` is even
 */
export function planKafka(...size: Parameters<typeof layOutKafka>): KafkaPlan {
  const [, , brokers, controllers = 0] = size;
  if (!Number.isInteger(brokers) || brokers < 1) {
    throw new RangeError(`A Kafka cluster needs a whole number of brokers, at least 1; ${brokers} were asked for.`);
  }
  if (controllers !== 0 && controllers % 2 !== 1) {
    throw new RangeError(`A quorum needs an odd number of controllers; ${controllers} were asked for.`);
  }
  return layOutKafka(...size);
}

/**
 * Lays out a Kafka cluster with any numbers of nodes, since what runs may have been scaled by hand to numbers that `planKafka`
 * refuses. If it has dedicated controllers, these are the voters; otherwise the first brokers vote as well.
 *
 * @param name of the brokers' StatefulSet
 * @param controllers number of dedicated controllers
 * @param wanted numbers of replicas that the user sets. A replication factor below the planned one doesn't apply to
 *   Kafka's own topics, since these hold all consumers' offsets and transactions.
 * @param encryption how connections are protected @default "open"
 */
export function layOutKafka(
  name: string,
  namespace: string,
  brokers: number,
  controllers = 0,
  wanted: Durability = {},
  encryption: Encryption = "open",
): KafkaPlan {
  const domain = `${namespace}.svc.${CLUSTER_DOMAIN}`;
  const bootstrapService = `${name}-bootstrap`;
  const planned = Math.min(brokers, MOST_REPLICAS);
  const alsoVote = controllers > 0 ? [] : planVoters(brokers);
  const pools = [
    ...(controllers > 0 ? [pool(`${name}-controller`, "controller", FIRST_CONTROLLER, controllers, domain)] : []),
    pool(name, "broker", 0, brokers, domain, alsoVote),
  ];
  const nodes = pools.flatMap((each) => each.nodes);
  const voters = nodes.filter(({ roles }) => roles.includes("controller"));
  return {
    name,
    namespace,
    domain,
    pools,
    nodes,
    brokers: ids(brokers),
    voters: voters.map(({ id }) => id),
    replicationFactor: Math.max(planned, wanted.replicationFactor ?? 0),
    minInsyncReplicas: wanted.minInsyncReplicas ?? Math.max(1, planned - 1),
    encryption,
    bootstrapService,
    bootstrapServers: `${bootstrapService}.${domain}:${clientListeners(encryption)[0]!.port}`,
    bootstrapServersOfJobs: `${bootstrapService}.${domain}:${jobListener(encryption).port}`,
    quorumServers: voters.map(({ quorumHost }) => `${quorumHost}:${quorumListeners(encryption)[0]!.port}`),
  };
}

/** The listener that Jobs use, which brokers have in this step and in the one before. */
function jobListener(encryption: Encryption): Listener {
  return usesTls(encryption) ? tlsListeners.peers : listeners.cluster;
}

function pool(
  name: string,
  role: KafkaRole,
  firstId: number,
  count: number,
  domain: string,
  alsoVote: readonly number[] = [],
): KafkaPool {
  const nodes = ids(count).map((ordinal): KafkaNode => {
    const id = firstId + ordinal;
    const pod = `${name}-${ordinal}`;
    return {
      id,
      roles: alsoVote.includes(id) ? [role, "controller"] : [role],
      host: `${pod}.${domain}`,
      quorumHost: `${quorumService(pod)}.${domain}`,
    };
  });
  return { name, role, firstId, nodes, headlessService: `${name}-headless` };
}

/** Name of the Service at which other nodes of the metadata quorum reach a pod's node. */
export function quorumService(pod: string): string {
  return `${pod}-quorum`;
}

/** Name of a node's pod, and of its Service for clients and brokers. */
export function podName({ name, firstId }: Pick<KafkaPool, "name" | "firstId">, { id }: Pick<KafkaNode, "id">): string {
  return `${name}-${id - firstId}`;
}

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id);
}
