import { dynamicSettings, configure, type ConfigChange } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { logDirectoriesOf } from "../protocol/partitions";
import type { PartitionCopies } from "./moves";
import type { ChangeTask } from "./task";

/** Kafka's own topics, which are made when they are first used. Their copies follow from the number of brokers. */
export const OWN_TOPICS = ["__consumer_offsets", "__transaction_state", "__share_group_state"] as const;
/** Those of them that are made with a `min.insync.replicas` of their own. */
const WITH_OWN_MINIMUM = ["__transaction_state", "__share_group_state"] as const;
/** Keeps a broker from getting new replicas, since Kafka 4.3 (KIP-1066). */
const CORDON = "cordoned.log.dirs";
/** Value of the cordon that covers each of a broker's log directories, also one that comes later. */
const ALL_DIRECTORIES = "*";
/**
 * Marks a cordon as this program's own, and keeps the administrator's that it took the place of. Kafka stores the setting beside the
 * other one and doesn't use it.
 */
const CORDON_MARK = "kubeadm-kafka.cordoned";
/** Value of the mark where there was no cordon before. */
const NONE_BEFORE = "true";

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

/**
 * Keeps brokers from getting new replicas, in each of their log directories. An administrator's cordon of some of them is kept in the
 * mark.
 */
export async function cordon(kafka: Connection, brokers: readonly number[]): Promise<void> {
  for (const broker of brokers) {
    const { value, mark } = await cordonOf(kafka, broker);
    if (value === ALL_DIRECTORIES) continue;
    const before = value || (mark ?? NONE_BEFORE);
    await configure(kafka, [{ of: { broker }, settings: { [CORDON]: ALL_DIRECTORIES, [CORDON_MARK]: before } }]);
  }
}

/** Takes back the cordons that this program has set, and no others: what an administrator has set before or since counts again. */
export async function uncordon(kafka: Connection, brokers: readonly number[]): Promise<void> {
  for (const broker of brokers) {
    const { value, mark } = await cordonOf(kafka, broker);
    if (mark === undefined) continue;
    const settings = {
      ...(value === ALL_DIRECTORIES && { [CORDON]: mark === NONE_BEFORE ? null : mark }),
      [CORDON_MARK]: null,
    };
    await configure(kafka, [{ of: { broker }, settings }]);
  }
}

/** Those of the brokers that an administrator has cordoned, with each log directory that works. */
export async function cordonedByHand(kafka: Connection, brokers: readonly number[]): Promise<number[]> {
  const cordoned = await Promise.all(
    brokers.map(async (broker) => {
      const { value, mark } = await cordonOf(kafka, broker);
      if (!value || mark !== undefined) return false;
      if (value === ALL_DIRECTORIES) return true;
      const paths = value.split(",").map((path) => path.trim());
      const working = (await logDirectoriesOf(kafka, broker)).filter(({ online }) => online);
      return working.every(({ path }) => paths.includes(path));
    }),
  );
  return brokers.filter((_, index) => cordoned[index]);
}

/** A broker's own cordon, and the mark; each undefined where there is none. */
async function cordonOf(
  kafka: Connection,
  broker: number,
): Promise<{ value: string | undefined; mark: string | undefined }> {
  const settings = await dynamicSettings(kafka, broker, [CORDON, CORDON_MARK]);
  return { value: settings[CORDON], mark: settings[CORDON_MARK] };
}
