import { configure, type ConfigChange } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import type { PartitionCopies } from "./moves";
import type { ChangeTask } from "./task";

/** Kafka's own topics, which are made when they are first used. Their copies follow from the number of brokers. */
export const OWN_TOPICS = ["__consumer_offsets", "__transaction_state", "__share_group_state"] as const;
/** Those of them that are made with a `min.insync.replicas` of their own. */
const WITH_OWN_MINIMUM = ["__transaction_state", "__share_group_state"] as const;

/** Copies that the topics have to get which the plan decides on. */
export function plannedCopies({ replicationFactor }: ChangeTask): Record<string, number> {
  return Object.fromEntries(OWN_TOPICS.map((topic) => [topic, replicationFactor]));
}

/**
 * Sets how many copies `acks=all` waits for. Kafka keeps it in the cluster's metadata from its first start on, so what
 * the brokers' files say later counts for nothing.
 */
export async function requireInSync(
  kafka: Connection,
  { minInsyncReplicas }: ChangeTask,
  layout: readonly PartitionCopies[],
): Promise<void> {
  const settings = { "min.insync.replicas": String(minInsyncReplicas) };
  const existing = WITH_OWN_MINIMUM.filter((topic) => layout.some((each) => each.topic === topic));
  await configure(kafka, [
    { of: { broker: "all" }, settings },
    ...existing.map((topic): ConfigChange => ({ of: { topic }, settings })),
  ]);
}
