import type { Connection } from "../../kafka/protocol/connection";
import { committedBy } from "../../kafka/protocol/groups";
import { logOffsetsOf } from "../../kafka/protocol/offsets";
import { Fatal } from "../../failures";

/** Records that were written to the topic, by partition. */
export interface Written {
  /** Offset of each partition's first record. */
  readonly begin: readonly number[];
  /** Number of each partition's records. */
  readonly sent: readonly number[];
}

/** Partitions whose log lacks records or has too many, in sentences. */
export async function lostRecords(kafka: Connection, topic: string, { begin, sent }: Written): Promise<string[]> {
  const offsets = await logOffsetsOf(kafka, topic);
  return offsets.flatMap(({ partition, low, high }) => {
    const count = sent[partition] ?? 0;
    const removed = low - begin[partition]!;
    const logged = high - begin[partition]!;
    if (removed > 0) return [`partition ${partition}: records 0 to ${removed - 1} are gone from the log`];
    if (logged < count) return [`partition ${partition}: ${count} records were acknowledged, the log has ${logged}`];
    return logged > count ? [`partition ${partition}: ${count} records were sent, the log has ${logged}`] : [];
  });
}

/**
 * Checks that the log holds exactly the records that were sent, and that the consumer group has committed all of them.
 *
 * @throws Fatal if it doesn't, or hasn't
 */
export async function committedOffsets(
  kafka: Connection,
  topic: string,
  groupId: string,
  written: Written,
): Promise<void> {
  const lost = await lostRecords(kafka, topic, written);
  if (lost.length > 0) throw new Fatal(lost.join("; "));
  const committed = await committedBy(kafka, groupId, topic, [...written.sent.keys()]);
  const wrong = written.sent.flatMap((count, partition) => {
    const end = written.begin[partition]! + count;
    const offset = committed.get(partition);
    return offset === end ? [] : [`partition ${partition}: committed is ${offset ?? -1}, the log ends at ${end}`];
  });
  if (wrong.length > 0) throw new Fatal(wrong.join("; "));
}
