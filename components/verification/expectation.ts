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
  /** Records to write and read back, at most. */
  messages: number;
  /** Size of each record's value, where brokers take such requests. */
  messageBytes: number;
  /** After which no more records are begun: a slow cluster is tried with fewer. */
  writeSeconds: number;
  /** How long nothing may change for the better. Wrong things that waiting can't mend fail at once. */
  standstillSeconds: number;
  /** How long all of it may take. */
  longestSeconds: number;
  /** What the verification is made of: another one whenever the cluster has changed. */
  change: string;
  /** Name of each node's pod, by the node's id. */
  pods: Record<number, string>;
}
