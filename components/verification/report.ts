/** Results of a verification. All times are wall time on the verifying client. */
export interface VerificationReport {
  /** Time of the report, in ISO 8601 and UTC. @example "2026-11-28T09:00:00.000Z" */
  madeAt: string;
  /** Id of the verified change: `KafkaCluster.changeId`. The report applies until that changes. */
  change: string;
  /** Problems that are likely to come, and their remedies. */
  warnings: string[];
  clusterId: string;
  /** Number of brokers. */
  brokers: number;
  /** Ids of the metadata quorum's voters. */
  voters: number[];
  /** Partitions of the verification's topic. */
  partitions: number;
  replicationFactor: number;
  /** Number of the topic's partitions that each broker leads, by the broker's id. */
  leaders: Record<string, number>;
  /** Number of records that were written, read back once each and in order, and committed. */
  messages: number;
  /** Total size of their values. */
  bytes: number;
  produce: Throughput & {
    /** Time from sending a batch of records to its acknowledgement by all replicas in sync. */
    acknowledgedAfter: Latency;
  };
  consume: Throughput & {
    /** Time from sending a record to its arrival at the consumer. */
    receivedAfter: Latency;
  };
  state: ClusterState;
  /** Seconds of each step, and in total. */
  seconds: { brokers: number; topic: number; readiness: number; records: number; afterwards: number; total: number };
}

/** State of a Kafka cluster at the end of its verification. */
export interface ClusterState {
  /** Levels of the metadata format in use, and of the newest one that the brokers know. @see KIP-778 */
  metadataVersion: { used: number; newest: number };
  /** Id of the node that leads the metadata quorum. */
  activeController: number;
  /** The voters by id: the offset of the end of each one's metadata log, and its host. */
  voters: Record<string, { logEnd: number; host?: string }>;
  /** The brokers by id. */
  brokers: Record<string, BrokerState>;
}

/** State of a broker at the end of the verification. */
export interface BrokerState {
  /** Number of its replicas. */
  replicas: number;
  /** Number of its replicas that are in sync. */
  inSync: number;
  /** Number of partitions that it leads. */
  leads: number;
  rack?: string;
  /** Name of the Kubernetes node that it runs on. */
  host?: string;
  /**
   * Its log directories by path, with the size and free bytes of the file system. Directories may share a file system.
   */
  disks: Record<string, { total?: number; free?: number } | "offline">;
}

/** Records and bytes over a time. */
export interface Throughput {
  seconds: number;
  messagesPerSecond: number;
  megabytesPerSecond: number;
}

/** Percentiles of a duration, in milliseconds. */
export interface Latency {
  p50: number;
  p99: number;
}
