/** What the verification found, in numbers. All times are wall time as the verifying client sees it. */
export interface VerificationReport {
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
    /** From sending a batch of records to its acknowledgement by all in-sync copies. */
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
  /** Of each voter, by its id, the end of its copy of the metadata. */
  voters: Record<string, { logEnd: number }>;
  /** Of each broker, by its id: copies of partitions that it keeps, those of them in sync, and those that it leads. */
  brokers: Record<string, { copies: number; inSync: number; leads: number; rack?: string }>;
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
