import type { Connection } from "./connection";
import { failOn } from "./errors";
import { layoutOf } from "./partitions";
import { deleteRecords, listOffsets } from "./requests";

/** What the log of a partition holds. */
export interface LogOffsets {
  readonly partition: number;
  /** Offset of its first record. */
  readonly low: number;
  /** Offset that its next record gets, as far as all replicas in sync have it. */
  readonly high: number;
}

const TIMEOUT_MS = 30_000;
/** Who asks is no replica, and doesn't know the leader's epoch. */
const NO_REPLICA = -1;
const NO_EPOCH = -1;
const READ_UNCOMMITTED = 0;
/** In place of a timestamp. */
const EARLIEST = -2;
const LATEST = -1;

/** The offsets of a topic's partitions, in the order of their numbers. Each partition's leader is asked. */
export async function logOffsetsOf(kafka: Connection, topic: string): Promise<LogOffsets[]> {
  const byLeader = await partitionsByLeader(kafka, topic);
  const low = await offsetsAt(kafka, topic, byLeader, EARLIEST);
  const high = await offsetsAt(kafka, topic, byLeader, LATEST);
  return [...low]
    .map(([partition, offset]) => ({ partition, low: offset, high: high.get(partition)! }))
    .sort((one, other) => one.partition - other.partition);
}

/** Deletes a topic's records below an offset of each partition. */
export async function deleteRecordsBelow(
  kafka: Connection,
  topic: string,
  offsets: ReadonlyMap<number, number>,
): Promise<void> {
  for (const [leader, led] of await partitionsByLeader(kafka, topic)) {
    const partitions = led
      .filter((partition) => offsets.has(partition))
      .map((partition) => ({ partition, offset: offsets.get(partition)! }));
    if (partitions.length === 0) continue;
    const question = { topics: [{ name: topic, partitions }], timeoutMs: TIMEOUT_MS };
    const answer = await kafka.askBroker(leader, deleteRecords, question);
    for (const each of answer.topics.flatMap((found) => found.partitions)) {
      failOn(`records of ${topic}-${each.partition} can't be deleted`, each);
    }
  }
}

async function offsetsAt(
  kafka: Connection,
  topic: string,
  byLeader: ReadonlyMap<number, readonly number[]>,
  timestamp: number,
): Promise<Map<number, number>> {
  const offsets = new Map<number, number>();
  for (const [leader, led] of byLeader) {
    const partitions = led.map((partition) => ({ partition, leaderEpoch: NO_EPOCH, timestamp }));
    const answer = await kafka.askBroker(leader, listOffsets, {
      replica: NO_REPLICA,
      isolationLevel: READ_UNCOMMITTED,
      topics: [{ name: topic, partitions }],
    });
    for (const each of answer.topics.flatMap((found) => found.partitions)) {
      failOn(`the offsets of ${topic}-${each.partition} can't be read`, each);
      offsets.set(each.partition, each.offset);
    }
    const untold = led.filter((partition) => !offsets.has(partition));
    if (untold.length > 0) throw new Error(`broker ${leader} doesn't tell the offsets of ${topic}-${untold.join()}`);
  }
  return offsets;
}

async function partitionsByLeader(kafka: Connection, topic: string): Promise<Map<number, number[]>> {
  const partitions = (await layoutOf(kafka)).partitions.filter((each) => each.topic === topic);
  if (partitions.length === 0) throw new Error(`there is no topic ${topic}`);
  const leaderless = partitions.filter(({ leader }) => leader < 0).map(({ partition }) => partition);
  if (leaderless.length > 0) throw new Error(`partitions of ${topic} without a leader: ${leaderless.join(", ")}`);
  const byLeader = Map.groupBy(partitions, ({ leader }) => leader);
  return new Map([...byLeader].map(([leader, led]) => [leader, led.map(({ partition }) => partition)]));
}
