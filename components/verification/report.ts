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
  /** Seconds spent on each step, and in all. */
  seconds: { brokers: number; topic: number; readiness: number; records: number; afterwards: number; total: number };
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
