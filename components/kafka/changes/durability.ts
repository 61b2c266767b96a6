import { configure, type ConfigChange } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import type { PartitionReplicas } from "./moves";
import type { ChangeTask } from "./task";

/**
 * Kafka's own topics. Kafka creates them at their first use; their replication factor follows from the number of
 * brokers.
 */
export const OWN_TOPICS = ["__consumer_offsets", "__transaction_state", "__share_group_state"] as const;
/** Kafka's own topics that Kafka creates with a `min.insync.replicas` of their own. */
const WITH_OWN_MINIMUM = ["__transaction_state", "__share_group_state"] as const;

/** Replication factors of Kafka's own topics, by topic. */
export function plannedReplicationFactors({ replicationFactor }: ChangeTask): Record<string, number> {
  return Object.fromEntries(OWN_TOPICS.map((topic) => [topic, replicationFactor]));
}

/**
 * Sets `min.insync.replicas`. From its first start on, Kafka keeps the value in the cluster's metadata and ignores
 * later values in the brokers' files.
 *
 * @see KIP-966 (eligible leader replicas)
 */
export async function requireInSync(
  kafka: Connection,
  { minInsyncReplicas }: ChangeTask,
  layout: readonly PartitionReplicas[],
): Promise<void> {
  const settings = { "min.insync.replicas": String(minInsyncReplicas) };
  const existing = WITH_OWN_MINIMUM.filter((topic) => layout.some((each) => each.topic === topic));
  await configure(kafka, [
    { of: { broker: "all" }, settings },
    ...existing.map((topic): ConfigChange => ({ of: { topic }, settings })),
  ]);
}
