import type { Expectation } from "../../../components/verification/expectation";

/** A plan of three brokers, with few records to send. */
export const expected: Expectation = {
  bootstrapServers: "kafka:9092",
  clusterId: "ours",
  brokers: [0, 1, 2],
  voters: [0, 1, 2],
  replicationFactor: 3,
  minInsyncReplicas: 2,
  partitions: 3,
  messages: 10,
  messageBytes: 10,
  writeSeconds: 1,
  standstillSeconds: 1,
  longestSeconds: 10,
  change: "uid-of-roll,uid-of-rebalance",
  pods: { 0: "kafka-0", 1: "kafka-1", 2: "kafka-2" },
};
