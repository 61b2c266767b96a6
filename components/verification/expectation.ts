/** What a Kafka cluster has to be, and how to try it. Written by Pulumi as JSON, read by the verification program. */
export interface Expectation {
  /** `host:port`, separated by commas. */
  bootstrapServers: string;
  clusterId: string;
  /** Ids of the brokers, all of them and no others. */
  brokers: number[];
  /** Ids of the metadata quorum's voters, all of them and no others. */
  voters: number[];
  /** Of the verification's topic. */
  replicationFactor: number;
  minInsyncReplicas: number;
  partitions: number;
  /** Records to write and read back. */
  messages: number;
  /** Size of each record's value. */
  messageBytes: number;
  /** How long the cluster may take to become what it has to be. Wrong things that waiting can't mend fail at once. */
  deadlineSeconds: number;
}
