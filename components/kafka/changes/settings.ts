import { dynamicSettings, configure, type ConfigChange } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import type { PartitionCopies } from "./moves";
import type { ChangeTask } from "./task";

/** Kafka's own topics, which are made when they are first used. Their copies follow from the number of brokers. */
export const OWN_TOPICS = ["__consumer_offsets", "__transaction_state", "__share_group_state"] as const;
/** Those of them that are made with a `min.insync.replicas` of their own. */
const WITH_OWN_MINIMUM = ["__transaction_state", "__share_group_state"] as const;
/** Keeps a broker from getting new replicas, since Kafka 4.3 (KIP-1066). */
const CORDON = "cordoned.log.dirs";
/** Marks a cordon as this program's own. Kafka keeps the setting beside the other one and makes nothing of it. */
const CORDON_MARK = "kubeadm-kafka.cordoned";

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
  const there = WITH_OWN_MINIMUM.filter((topic) => layout.some((each) => each.topic === topic));
  await configure(kafka, [
    { of: { broker: "all" }, settings },
    ...there.map((topic): ConfigChange => ({ of: { topic }, settings })),
  ]);
}

/** Keeps brokers from getting new replicas. A cordon that an administrator has set stays as it is. */
export async function cordon(kafka: Connection, brokers: readonly number[]): Promise<void> {
  for (const broker of brokers) {
    if ((await cordonOf(kafka, broker)).isSet) continue;
    await configure(kafka, [{ of: { broker }, settings: { [CORDON]: "*", [CORDON_MARK]: "true" } }]);
  }
}

/** Lifts the cordons that this program has set, and no others. */
export async function uncordon(kafka: Connection, brokers: readonly number[]): Promise<void> {
  for (const broker of brokers) {
    if (!(await cordonOf(kafka, broker)).isOurs) continue;
    await configure(kafka, [{ of: { broker }, settings: { [CORDON]: null, [CORDON_MARK]: null } }]);
  }
}

/** Those of the brokers that an administrator has cordoned. */
export async function cordonedByHand(kafka: Connection, brokers: readonly number[]): Promise<number[]> {
  const cordons = await Promise.all(brokers.map((broker) => cordonOf(kafka, broker)));
  return brokers.filter((_, index) => cordons[index]!.isSet && !cordons[index]!.isOurs);
}

async function cordonOf(kafka: Connection, broker: number): Promise<{ isSet: boolean; isOurs: boolean }> {
  const settings = await dynamicSettings(kafka, broker, [CORDON, CORDON_MARK]);
  return { isSet: Boolean(settings[CORDON]), isOurs: CORDON_MARK in settings };
}
