/** What a node of the Kafka cluster does: serve clients, vote on the cluster's metadata, or both. */
export type KafkaRole = "broker" | "controller";

/** One Kafka server: a pod of its pool. */
export interface KafkaNode {
  readonly id: number;
  readonly roles: readonly KafkaRole[];
  /**
   * DNS name at which clients and other brokers reach it: that of a Service of the node's own, so that name and address
   * both stay when its pod gets another address (see `brokerServices` in declared/services.ts).
   */
  readonly host: string;
  /** The same for other nodes of the metadata quorum, also before it is ready. */
  readonly quorumHost: string;
}

/** Nodes of one kind: a StatefulSet, whose pod `NAME-N` is the node `firstId + N`. */
export interface KafkaPool {
  /** Name of the StatefulSet. */
  readonly name: string;
  /** Controllers are for nothing else; brokers vote as well where there are none. */
  readonly role: KafkaRole;
  readonly firstId: number;
  readonly nodes: readonly KafkaNode[];
  /** Name of the headless Service that every StatefulSet needs. Kafka itself uses the nodes' own Services. */
  readonly headlessService: string;
}

/** Everything about a Kafka cluster that follows from its name and its numbers of nodes. Plain data. */
export interface KafkaPlan {
  /** Name of the brokers' StatefulSet; all other objects derive theirs from it. */
  readonly name: string;
  readonly namespace: string;
  /** Domain of the names of its Services. */
  readonly domain: string;
  /** In the order in which changes roll through them: controllers, where they are apart, before brokers. */
  readonly pools: readonly KafkaPool[];
  /** Ids of the nodes that serve clients. */
  readonly brokers: readonly number[];
  /** All pools' nodes. */
  readonly nodes: readonly KafkaNode[];
  /** Ids of the nodes that vote in the metadata quorum. */
  readonly voters: readonly number[];
  /** Replicas of Kafka's own topics: as many as there are brokers, up to three, or more where more are wanted. */
  readonly replicationFactor: number;
  /** Replicas that must have a record before it counts as written (`acks=all`), where a topic doesn't say. */
  readonly minInsyncReplicas: number;
  /** Name of the Service that clients start from. */
  readonly bootstrapService: string;
  /** `host:port` that clients inside the cluster start from. The same for any number of brokers. */
  readonly bootstrapServers: string;
  /** `host:port` of each voter, at which nodes look for the metadata quorum. */
  readonly quorumServers: readonly string[];
}

/** Numbers of replicas that are wanted other than planned. */
export interface Durability {
  /** Replicas of topics that don't say, from 1 to the number of brokers. @default as many as brokers, up to three */
  readonly replicationFactor?: number | undefined;
  /** Replicas that `acks=all` waits for, from 1 to the replication factor. @default one less than planned replicas, at least 1 */
  readonly minInsyncReplicas?: number | undefined;
}

/**
 * The listeners of a node. Brokers talk to each other over `cluster`.
 * `cluster` answers with DNS names, `nodes` with the addresses of the same Services: processes on a Kubernetes node reach
 * them, but don't resolve the cluster's names.
 */
export const listeners = {
  cluster: { name: "CLUSTER", port: 9092 },
  controller: { name: "CONTROLLER", port: 9093 },
  nodes: { name: "NODES", port: 9094 },
} as const;

/** The listeners of each node of a pool, apart from the one for clients outside. */
export function listenersOf({ role }: Pick<KafkaPool, "role">): (typeof listeners)[keyof typeof listeners][] {
  return role === "controller" ? [listeners.controller] : Object.values(listeners);
}

/** The listener for clients outside of the cluster, which answers with hosts' addresses and a port for each broker. */
export const outside = { name: "OUTSIDE", port: 9095 } as const;

/** kubeadm's default. */
const CLUSTER_DOMAIN = "cluster.local";
const MOST_VOTERS = 3;
const MOST_REPLICAS = 3;
/** Ids of controllers begin above those of any number of brokers: a broker that comes later finds its own free. */
const FIRST_CONTROLLER = 1000;

/**
 * Voters of the metadata quorum for a number of nodes: the largest odd number up to three. Losing one of three is
 * survived; two would need each other, and a fourth makes no loss more bearable.
 */
export function planVoters(nodes: number): number[] {
  const most = Math.min(nodes, MOST_VOTERS);
  return ids(most % 2 === 0 ? most - 1 : most);
}

/**
 * Lays out a Kafka cluster. Without controllers of their own, the first brokers vote as well; with them, all of them vote,
 * and nobody else does.
 *
 * @param controllers number of nodes that only vote
 * @param wanted numbers of replicas of the user's. A lower replication factor is for the user's topics alone: Kafka's own
 *   hold consumers' positions and transactions of all topics.
 * @throws RangeError where `brokers` isn't a whole number above zero, or `controllers` is even
 */
export function planKafka(
  name: string,
  namespace: string,
  brokers: number,
  controllers = 0,
  wanted: Durability = {},
): KafkaPlan {
  if (!Number.isInteger(brokers) || brokers < 1) {
    throw new RangeError(`A Kafka cluster needs a whole number of brokers, at least 1; ${brokers} were asked for.`);
  }
  if (controllers !== 0 && controllers % 2 !== 1) {
    throw new RangeError(`A quorum needs an odd number of controllers; ${controllers} were asked for.`);
  }
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
    bootstrapService,
    bootstrapServers: `${bootstrapService}.${domain}:${listeners.cluster.port}`,
    quorumServers: voters.map(({ quorumHost }) => `${quorumHost}:${listeners.controller.port}`),
  };
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

/** Name of the Service at which nodes of the metadata quorum reach the one in a pod. */
export function quorumService(pod: string): string {
  return `${pod}-quorum`;
}

/** Name of the pod that a node runs in, and of its Service for clients and brokers. */
export function podName({ name, firstId }: Pick<KafkaPool, "name" | "firstId">, { id }: Pick<KafkaNode, "id">): string {
  return `${name}-${id - firstId}`;
}

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id);
}
