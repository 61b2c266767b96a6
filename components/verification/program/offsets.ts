import type { Admin } from "kafkajs";

/** Records that the log no longer has, or has too many of. @param sent number of records sent to each partition */
export async function lostRecords(admin: Admin, topic: string, sent: readonly number[]): Promise<string[]> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.flatMap(({ partition, low, high }) => {
    const count = sent[partition] ?? 0;
    if (Number(low) > 0) return [`partition ${partition}: records 0 to ${Number(low) - 1} are gone from the log`];
    if (Number(high) < count)
      return [`partition ${partition}: ${count} records were acknowledged, the log has ${high}`];
    return Number(high) > count ? [`partition ${partition}: ${count} records were sent, the log has ${high}`] : [];
  });
}

/** The log holds exactly what was sent, and the consumer group has committed all of it. */
export async function committedOffsets(admin: Admin, topic: string, sent: readonly number[]): Promise<void> {
  const lost = await lostRecords(admin, topic, sent);
  if (lost.length > 0) throw new Error(lost.join("; "));
  const [committed] = await admin.fetchOffsets({ groupId: topic, topics: [topic] });
  const wrong = sent.flatMap((count, partition) => {
    const offset = committed?.partitions.find((each) => each.partition === partition)?.offset;
    return Number(offset) === count ? [] : [`partition ${partition}: committed is ${offset}, the log ends at ${count}`];
  });
  if (wrong.length > 0) throw new Error(wrong.join("; "));
}
