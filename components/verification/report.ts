/** What the verification found, in numbers. All times are wall time as the verifying client sees it. */
export interface VerificationReport {
  /** When it was made, as ISO 8601 in UTC: all of it is as of then. */
  madeAt: string;
  /** Of which change: the report holds as long as this is the Job's annotation `kubeadm-kafka/run-again-on`. */
  change: string;
  /** What holds now, but may not for long, and what to do about it. */
  warnings: string[];
  clusterId: string;
  brokers: number;
  /** Ids of the nodes in the metadata quorum. */
  voters: number[];
  /** Partitions of the verification's topic. */
  partitions: number;
  replicationFactor: number;
  /** Partitions of the topic led by each broker, by its id. */
  leaders: Record<string, number>;
  /** Records written, read back once each in order, and committed. */
  messages: number;
  /** Size of their values. */
  bytes: number;
  produce: Throughput & {
    /** From sending a batch of records to its acknowledgement by all in-sync replicas. */
    acknowledgedAfter: Latency;
  };
  consume: Throughput & {
    /** From sending a batch of records to the consumer's having it. */
    receivedAfter: Latency;
  };
  state: ClusterState;
  /** Seconds spent on each step, and in all. */
  seconds: { brokers: number; topic: number; readiness: number; records: number; afterwards: number; total: number };
}

/** A Kafka cluster as it was at the end of its verification. */
export interface ClusterState {
  /** Level of the metadata format in use, and the newest that the brokers know, as Kafka numbers them. */
  metadataVersion: { used: number; newest: number };
  /** Id of the node that leads the metadata quorum. */
  activeController: number;
  /** The voters by id: how far each has the metadata, and the host that it runs on. */
  voters: Record<string, { logEnd: number; host?: string }>;
  /** The brokers by id. */
  brokers: Record<string, BrokerState>;
}

/** A broker as it was at the end of the verification. */
export interface BrokerState {
  /** Replicas that it keeps, those of them in sync, and those that it leads. */
  replicas: number;
  inSync: number;
  leads: number;
  rack?: string;
  /** Name of the Kubernetes node that it runs on. */
  host?: string;
  /** Its log directories by path: bytes of each one's file system, where the broker can tell. Directories may share one. */
  disks: Record<string, { total?: number; free?: number } | "offline">;
}

export interface Throughput {
  seconds: number;
  messagesPerSecond: number;
  megabytesPerSecond: number;
}

/** Milliseconds. */
export interface Latency {
  p50: number;
  p99: number;
}
