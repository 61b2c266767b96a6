import type { Connection } from "../protocol/connection";
import { copiesOn, type Layout, logDirectoriesOf, type Partition } from "../protocol/partitions";
import { readable } from "./diskSpace";

/** Brokers are asked for what is on their disks no more often: with many partitions that is work for them. */
const BETWEEN_LOOKS_MS = 5_000;

/**
 * What is said of replicas that are not in sync, beside their number: how many bytes they lack, so that who waits while that
 * changes goes on as long as they catch up, however long one large replica takes; and which log directories are offline, where
 * no waiting helps.
 */
export class CatchingUp {
  private said: string[] = [];
  private saidAt = -Infinity;

  constructor(private readonly kafka: Connection) {}

  /** None where all replicas are in sync. */
  async words(layout: Layout): Promise<string[]> {
    if (!layout.partitions.some(isLagging)) return [];
    if (performance.now() - this.saidAt > BETWEEN_LOOKS_MS) {
      this.said = await this.look(layout);
      this.saidAt = performance.now();
    }
    return this.said;
  }

  private async look({ brokers, partitions }: Layout): Promise<string[]> {
    const lagging = partitions.filter(isLagging);
    const involved = brokers.map(({ id }) => id).filter((id) => lagging.some(({ replicas }) => replicas.includes(id)));
    const bytes = new Map<string, number>();
    const offline: string[] = [];
    for (const id of involved) {
      for (const each of await copiesOn(this.kafka, id)) {
        bytes.set(`${id} ${each.topic}-${each.partition}`, each.bytes);
      }
      offline.push(...(await offlineDirectories(this.kafka, id)));
    }
    const bytesOn = (id: number, { topic, partition }: Partition): number =>
      bytes.get(`${id} ${topic}-${partition}`) ?? 0;
    const lacking = lagging.flatMap((each) =>
      each.replicas
        .filter((id) => !each.inSync.includes(id) && involved.includes(id))
        .map((id) => Math.max(0, bytesOn(each.leader, each) - bytesOn(id, each))),
    );
    const sum = lacking.reduce((one, other) => one + other, 0);
    return [...(sum > 0 ? [`they lack ${readable(sum)}`] : []), ...offline];
  }
}

/** Which log directories a broker can't use, in sentences. */
export async function offlineDirectories(kafka: Connection, broker: number): Promise<string[]> {
  const directories = await logDirectoriesOf(kafka, broker);
  return directories
    .filter(({ online }) => !online)
    .map(({ path }) => `the log directory ${path} of broker ${broker} is offline`);
}

/** Whether a replica of a partition is not in sync. */
export function isLagging({ replicas, inSync }: Partition): boolean {
  return replicas.some((id) => !inSync.includes(id));
}
