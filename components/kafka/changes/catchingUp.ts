import { mayHeal } from "../../failures";
import type { Connection } from "../protocol/connection";
import { replicasOn, type Layout, logDirectoriesOf, NO_LEADER, type Partition } from "../protocol/partitions";
import { readable } from "./diskSpace";

/** Time between two questions about the brokers' disks: with many partitions, an answer is costly for a broker. */
const BETWEEN_QUESTIONS_MS = 5_000;

/**
 * Describes replicas that are not in sync: how many bytes they lack, and which log directories are offline. The
 * description changes only when a replica has grown, not when producers write. So `waitWhileChanging` goes on while
 * replicas catch up, even if a large one takes hours, and ends if they don't.
 */
export class CatchingUp {
  private description: string[] = [];
  private askedAt = -Infinity;
  /** Bytes of each lagging replica at the last look. */
  private sizes = new Map<string, number>();
  /** Offline log directories at the last description. */
  private offline = "";

  constructor(private readonly kafka: Connection) {}

  /**
   * Empty if each partition has a leader and all its replicas in sync. If a broker doesn't answer, the last description
   * stays.
   *
   * @example ["they lack 1.2 GB", "the log directory /var/lib/kafka/data of broker 2 is offline"]
   */
  async describe(layout: Layout): Promise<string[]> {
    if (!layout.partitions.some(isUnwell)) return [];
    if (performance.now() - this.askedAt > BETWEEN_QUESTIONS_MS) {
      await this.update(layout).catch((error: unknown) => {
        if (!mayHeal(error)) throw error;
      });
      this.askedAt = performance.now();
    }
    return this.description;
  }

  /** Objections to a next step, with the description of the replicas behind them. */
  async withLag(objections: string[], { layout }: { readonly layout?: Layout }): Promise<string[]> {
    return objections.length === 0 || !layout ? objections : [...objections, ...(await this.describe(layout))];
  }

  private async update({ brokers, partitions }: Layout): Promise<void> {
    const unwell = partitions.filter(isUnwell);
    const involved = brokers.map(({ id }) => id).filter((id) => unwell.some(({ replicas }) => replicas.includes(id)));
    const bytes = new Map<string, number>();
    const offline: string[] = [];
    for (const id of involved) {
      for (const each of await replicasOn(this.kafka, id)) {
        bytes.set(`${id} ${each.topic}-${each.partition}`, each.bytes);
      }
      offline.push(...(await offlineDirectories(this.kafka, id)));
    }
    const bytesOn = (id: number, { topic, partition }: Partition): number =>
      bytes.get(`${id} ${topic}-${partition}`) ?? 0;
    const behind = unwell.flatMap((each) =>
      each.replicas
        .filter((id) => !each.inSync.includes(id) && involved.includes(id))
        .map((id) => ({
          name: `${each.topic}-${each.partition} on ${id}`,
          has: bytesOn(id, each),
          all: bytesOn(each.leader, each),
        })),
    );
    const before = this.sizes;
    this.sizes = new Map(behind.map(({ name, has }) => [name, has]));
    // A smaller replica is no progress: followers delete old records, too.
    const hasChanged =
      behind.some(({ name, has }) => has > (before.get(name) ?? -1)) ||
      [...before.keys()].some((name) => !this.sizes.has(name));
    if (!hasChanged && offline.join() === this.offline) return;
    this.offline = offline.join();
    const sum = behind.reduce((lacking, { has, all }) => lacking + Math.max(0, all - has), 0);
    this.description = [...(sum > 0 ? [`they lack ${inSmallUnits(sum)}`] : []), ...offline];
  }
}

/** Bytes in units small enough that a slow replica's progress within a minute shows, even if it lacks terabytes. */
function inSmallUnits(bytes: number): string {
  return bytes < 1e9 ? readable(bytes) : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A sentence for each log directory that a broker can't use. */
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

/**
 * Whether a partition has no leader or a lagging replica. If the disk of its last replica is gone, it has no leader: with
 * eligible leader replicas (KIP-966) no replica is in sync then; without them the last one still counts as in sync.
 */
function isUnwell(partition: Partition): boolean {
  return partition.leader === NO_LEADER || isLagging(partition);
}
