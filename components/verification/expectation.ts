/**
 * What a Kafka cluster has to be, and how to verify it. Pulumi writes it as JSON, the verification program reads it.
 */
export interface Expectation {
  /** `host:port`, separated by commas. */
  bootstrapServers: string;
  clusterId: string;
  /** Ids of all planned brokers. */
  brokers: number[];
  /** Ids of all planned voters of the metadata quorum. */
  voters: number[];
  /** Replicas of each partition of the verification's topic. */
  replicationFactor: number;
  /** `min.insync.replicas` of the verification's topic. */
  minInsyncReplicas: number;
  /** Partitions of the verification's topic. */
  partitions: number;
  /** Largest number of records to write and read back. */
  messages: number;
  /** Size of each record's value; smaller if brokers limit the size of requests. */
  messageBytes: number;
  /** Time after which no more records are written, so that a slow cluster gets fewer. */
  writeSeconds: number;
  /** Time that may pass without progress. */
  standstillSeconds: number;
  /** Time that the whole verification may take. */
  longestSeconds: number;
  /** Id of the change that is verified: `KafkaCluster.changeId`. */
  change: string;
  /** Name of each node's pod, by the node's id. */
  pods: Record<number, string>;
}
