import { configure, dynamicSettings } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { logDirectoriesOf } from "../protocol/partitions";

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
