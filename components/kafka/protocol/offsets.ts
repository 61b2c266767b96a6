import type { Connection } from "./connection";
import { failOn } from "./errors";
import { layoutOf } from "./partitions";
import { deleteRecords, listOffsets } from "./requests";

/** Range of offsets in a partition's log. */
export interface LogOffsets {
  readonly partition: number;
  /** Offset of the first record. */
  readonly low: number;
  /** High watermark: the offset after the last record that all replicas in sync have. */
  readonly high: number;
}

const TIMEOUT_MS = 30_000;
/** Replica id of a client. */
const NO_REPLICA = -1;
/** Leader epoch of a client that doesn't know it. */
const NO_EPOCH = -1;
const READ_UNCOMMITTED = 0;
/** Special timestamps of ListOffsets. */
const EARLIEST = -2;
const LATEST = -1;

/** The log offsets of a topic's partitions, sorted by partition. Asks each partition's leader. */
export async function logOffsetsOf(kafka: Connection, topic: string): Promise<LogOffsets[]> {
  const byLeader = await partitionsByLeader(kafka, topic);
  const low = await offsetsAt(kafka, topic, byLeader, EARLIEST);
  const high = await offsetsAt(kafka, topic, byLeader, LATEST);
  return [...low]
    .map(([partition, offset]) => ({ partition, low: offset, high: high.get(partition)! }))
    .sort((one, other) => one.partition - other.partition);
}

/** Deletes a topic's records below the given offset of each partition. */
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
    const missing = led.filter((partition) => !offsets.has(partition));
    if (missing.length > 0)
      throw new Error(`broker ${leader} doesn't return the offsets of ${topic}-${missing.join()}`);
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
