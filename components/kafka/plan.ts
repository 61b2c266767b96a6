/** What a node of the Kafka cluster does: serve clients, vote on the cluster's metadata, or both. */
export type KafkaRole = "broker" | "controller";

/** One Kafka server: pod `NAME-ID` of the StatefulSet. */
export interface KafkaNode {
  readonly id: number;
  readonly roles: readonly KafkaRole[];
  /** DNS name inside the cluster; it stays when the pod gets another address. */
  readonly host: string;
}

/** Everything about a Kafka cluster that follows from its name and its number of brokers. Plain data. */
export interface KafkaPlan {
  /** Name of the StatefulSet; services and pods derive theirs from it. */
  readonly name: string;
  readonly namespace: string;
  readonly nodes: readonly KafkaNode[];
  /** Ids of the nodes that serve clients. */
  readonly brokers: readonly number[];
  /** Ids of the nodes that vote in the metadata quorum. */
  readonly voters: readonly number[];
  /** Copies of each partition: as many as there are brokers, up to three. */
  readonly replicationFactor: number;
  /** Copies that must have a record before it counts as written (`acks=all`). */
  readonly minInsyncReplicas: number;
  /** Name of the headless Service, which gives every pod its DNS name. */
  readonly headlessService: string;
  /** Name of the Service that clients start from. */
  readonly bootstrapService: string;
  /** Domain of the pods' names, the headless Service's own name included. */
  readonly domain: string;
  /** `host:port` that clients inside the cluster start from. The same for any number of brokers. */
  readonly bootstrapServers: string;
  /** `host:port` of each voter, at which nodes look for the metadata quorum. */
  readonly quorumServers: readonly string[];
}

/**
 * The listeners of a node. Brokers talk to each other over `cluster`.
 * `cluster` answers with DNS names, `nodes` with pod addresses: processes on a Kubernetes node reach pods, but don't
 * resolve the cluster's names.
 */
export const listeners = {
  cluster: { name: "CLUSTER", port: 9092 },
  controller: { name: "CONTROLLER", port: 9093 },
  nodes: { name: "NODES", port: 9094 },
} as const;

/** kubeadm's default. */
const CLUSTER_DOMAIN = "cluster.local";
const MOST_VOTERS = 3;
const MOST_REPLICAS = 3;

/**
 * Voters of the metadata quorum for a number of nodes: the largest odd number up to three. Losing one of three is
 * survived; two would need each other, and a fourth makes no loss more bearable.
 */
export function planVoters(nodes: number): number[] {
  const most = Math.min(nodes, MOST_VOTERS);
  return ids(most % 2 === 0 ? most - 1 : most);
}

/**
 * Lays out a Kafka cluster. All nodes are brokers; the first ones vote as well.
 *
 * @throws RangeError where `brokers` isn't a whole number above zero
 */
export function planKafka(name: string, namespace: string, brokers: number): KafkaPlan {
  if (!Number.isInteger(brokers) || brokers < 1) {
    throw new RangeError(`A Kafka cluster needs a whole number of brokers, at least 1; ${brokers} were asked for.`);
  }
  const headlessService = `${name}-headless`;
  const bootstrapService = `${name}-bootstrap`;
  const services = `${namespace}.svc.${CLUSTER_DOMAIN}`;
  const domain = `${headlessService}.${services}`;
  const voters = planVoters(brokers);
  const host = (id: number): string => `${name}-${id}.${domain}`;
  const replicationFactor = Math.min(brokers, MOST_REPLICAS);

  return {
    name,
    namespace,
    nodes: ids(brokers).map((id) => ({
      id,
      roles: voters.includes(id) ? ["broker", "controller"] : ["broker"],
      host: host(id),
    })),
    brokers: ids(brokers),
    voters,
    replicationFactor,
    minInsyncReplicas: Math.max(1, replicationFactor - 1),
    headlessService,
    bootstrapService,
    domain,
    bootstrapServers: `${bootstrapService}.${services}:${listeners.cluster.port}`,
    quorumServers: voters.map((id) => `${host(id)}:${listeners.controller.port}`),
  };
}

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id);
}
