import { mayHeal } from "../../programs/inPod/waiting";
import type { Connection } from "../protocol/connection";
import { copiesOn, type Layout, logDirectoriesOf, type Partition } from "../protocol/partitions";
import { readable } from "./diskSpace";

/** Brokers are asked for what is on their disks no more often: with many partitions that is work for them. */
const BETWEEN_LOOKS_MS = 5_000;
const NO_LEADER = -1;

/**
 * What is said of replicas that are not in sync, beside their number: how many bytes they lack, so that who waits while that
 * changes goes on as long as they catch up, however long one large replica takes; and which log directories are offline, where
 * no waiting helps. Where these replicas get nothing, the words stay as they are, though producers go on writing.
 */
export class CatchingUp {
  private said: string[] = [];
  private saidAt = -Infinity;
  /** What the replicas had then, and what was offline. */
  private seen = "";

  constructor(private readonly kafka: Connection) {}

  /** None where each partition has a leader and all its replicas in sync. Where a broker doesn't answer, the last words. */
  async words(layout: Layout): Promise<string[]> {
    if (!layout.partitions.some(isUnwell)) return [];
    if (performance.now() - this.saidAt > BETWEEN_LOOKS_MS) {
      await this.look(layout).catch((error: unknown) => {
        if (!mayHeal(error)) throw error;
      });
      this.saidAt = performance.now();
    }
    return this.said;
  }

  private async look({ brokers, partitions }: Layout): Promise<void> {
    const unwell = partitions.filter(isUnwell);
    const involved = brokers.map(({ id }) => id).filter((id) => unwell.some(({ replicas }) => replicas.includes(id)));
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
    const behind = unwell.flatMap((each) =>
      each.replicas
        .filter((id) => !each.inSync.includes(id) && involved.includes(id))
        .map((id) => ({
          name: `${each.topic}-${each.partition} on ${id}`,
          has: bytesOn(id, each),
          all: bytesOn(each.leader, each),
        })),
    );
    const seen = [...behind.map(({ name, has }) => `${name}: ${has}`), ...offline].join();
    if (seen === this.seen) return;
    this.seen = seen;
    const sum = behind.reduce((lacking, { has, all }) => lacking + Math.max(0, all - has), 0);
    this.said = [...(sum > 0 ? [`they lack ${inSmallUnits(sum)}`] : []), ...offline];
  }
}

/** What a slow replica gets in a minute has to show, also where it lacks terabytes. */
function inSmallUnits(bytes: number): string {
  return bytes < 1e9 ? readable(bytes) : `${(bytes / 1e6).toFixed(1)} MB`;
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

/** Kafka counts a partition's last replica as in sync, also where its disk is gone. */
function isUnwell(partition: Partition): boolean {
  return partition.leader === NO_LEADER || isLagging(partition);
}
