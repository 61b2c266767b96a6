import { brokerSettings, configure, dynamicSettings } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { logDirectoriesOf } from "../protocol/partitions";

/** Broker setting that keeps new replicas off log directories, since Kafka 4.3. @see KIP-1066 */
const CORDON = "cordoned.log.dirs";
/** Value of the cordon that covers all of a broker's log directories, including later ones. */
const ALL_DIRECTORIES = "*";
/**
 * Broker setting that marks a cordon as this program's own. Its value is the administrator's cordon from before, to be
 * restored. Kafka stores settings that it doesn't know and ignores them.
 */
const CORDON_MARK = "kubeadm-kafka.cordoned";
/** Value of the mark if there was no cordon before. */
const NONE_BEFORE = "true";

/** Keeps new replicas off brokers. An administrator's cordon of some log directories is stored in the mark. */
export async function cordon(kafka: Connection, brokers: readonly number[]): Promise<void> {
  for (const broker of brokers) {
    const { value, mark } = await cordonOf(kafka, broker);
    if (value === ALL_DIRECTORIES) continue;
    const before = value || (mark ?? NONE_BEFORE);
    await configure(kafka, [{ of: { broker }, settings: { [CORDON]: ALL_DIRECTORIES, [CORDON_MARK]: before } }]);
  }
}

/** Removes the cordons that this program has set, and restores an administrator's from before. Other cordons stay. */
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

/** Brokers of which an administrator has cordoned every log directory that works. */
export async function cordonedByHand(kafka: Connection, brokers: readonly number[]): Promise<number[]> {
  const cordoned = await Promise.all(
    brokers.map(async (broker) => {
      const { value, mark } = await cordonOf(kafka, broker);
      if (!value || mark !== undefined) return false;
      const working = (await logDirectoriesOf(kafka, broker)).filter(({ online }) => online);
      return working.every(({ path }) => covers(value, path));
    }),
  );
  return brokers.filter((_, index) => cordoned[index]);
}

/** The log directories of a broker, among `paths`, that get no new replica, whoever has cordoned them and where. */
export async function cordonedDirectories(
  kafka: Connection,
  broker: number,
  paths: readonly string[],
): Promise<string[]> {
  const { [CORDON]: value = "" } = await brokerSettings(kafka, broker, [CORDON]);
  return paths.filter((path) => covers(value, path));
}

/** Whether a cordon's value names the log directory. */
function covers(value: string, path: string): boolean {
  return value.split(",").some((each) => [ALL_DIRECTORIES, path].includes(each.trim()));
}

/** A broker's cordon and the mark; undefined if not set. */
async function cordonOf(
  kafka: Connection,
  broker: number,
): Promise<{ value: string | undefined; mark: string | undefined }> {
  const settings = await dynamicSettings(kafka, broker, [CORDON, CORDON_MARK]);
  return { value: settings[CORDON], mark: settings[CORDON_MARK] };
}
