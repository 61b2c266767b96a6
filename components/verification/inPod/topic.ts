import { configure } from "../../kafka/protocol/configs";
import type { Connection } from "../../kafka/protocol/connection";
import { deleteRecordsBelow, logOffsetsOf } from "../../kafka/protocol/offsets";
import { layoutOf, type Partition } from "../../kafka/protocol/partitions";
import { createAssignedTopic, removeTopics } from "../../kafka/protocol/topics";
import { VERIFICATION_TOPIC_MARK, verificationTopics } from "../../kafka/changes/verificationTopics";
import type { Deadline } from "../../programs/inPod/waiting";
import type { Expectation } from "../expectation";

/** The largest `long`, in milliseconds. */
const FOREVER = "9223372036854775807";

/**
 * Settings of the verification's topic. They override all brokers' defaults that could change, refuse, delete or hide
 * records: a codec that the consumer doesn't know, compaction, timestamps by the broker, a retention of a millisecond.
 *
 * @see https://kafka.apache.org/43/configuration/topic-configs/
 */
function settingsOf({ minInsyncReplicas }: Pick<Expectation, "minInsyncReplicas">): Record<string, string> {
  return {
    [VERIFICATION_TOPIC_MARK.name]: VERIFICATION_TOPIC_MARK.value,
    "cleanup.policy": "delete",
    "compression.type": "producer",
    "max.message.bytes": "1048588",
    "message.timestamp.after.max.ms": FOREVER,
    "message.timestamp.before.max.ms": FOREVER,
    "message.timestamp.type": "CreateTime",
    "min.insync.replicas": String(minInsyncReplicas),
    preallocate: "false",
    "retention.bytes": "-1",
    "segment.bytes": "104857600",
    "segment.ms": "604800000",
    "unclean.leader.election.enable": "false",
  };
}

/**
 * Provides the topic for this run and deletes topics that interrupted runs have left. If brokers refuse to delete
 * topics, an earlier run's topic is used again.
 *
 * @param deletesTopics whether brokers delete topics
 * @returns the topic's name
 */
export async function provideTopic(
  kafka: Connection,
  name: string,
  expected: Expectation,
  deletesTopics: boolean,
  deadline: Deadline,
): Promise<string> {
  const settings = settingsOf(expected);
  let topic = name;
  await deadline.waitUntil(`a topic of ${expected.partitions} partitions`, async () => {
    const earlier = (await verificationTopics(kafka)).filter((each) => each !== name);
    if (deletesTopics) {
      if (earlier.length > 0) await removeTopics(kafka, earlier);
    } else {
      const { partitions } = await layoutOf(kafka);
      const fits = (each: string): boolean => isLaidOut(expected, ofTopic(partitions, each));
      const reusable = earlier.find(fits);
      if (reusable !== undefined) {
        await configure(kafka, [{ of: { topic: reusable }, settings }]);
        topic = reusable;
        return [];
      }
    }
    await createAssignedTopic(kafka, { name, replicas: assignment(expected), config: settings });
    return [];
  });
  return topic;
}

/**
 * Ids of the brokers of each partition's replicas, the preferred leader first. Every broker leads some partitions.
 * Kafka's own assignment would leave brokers without any if racks differ in size.
 */
export function assignment({
  partitions,
  brokers,
  replicationFactor,
}: Pick<Expectation, "partitions" | "brokers" | "replicationFactor">): number[][] {
  return Array.from({ length: partitions }, (_, partition) =>
    Array.from({ length: replicationFactor }, (_, replica) => brokers[(partition + replica) % brokers.length]!),
  );
}

/**
 * Whether an earlier topic has the layout of a new one: its partitions, replicas, and preferred leaders on every
 * broker.
 */
function isLaidOut(expected: Expectation, partitions: readonly Partition[]): boolean {
  const leads = (id: number): boolean => partitions.some(({ replicas }) => replicas[0] === id);
  return (
    partitions.length === expected.partitions &&
    partitions.every(({ replicas }) => replicas.length === expected.replicationFactor) &&
    expected.brokers.every(leads)
  );
}

/**
 * Deletes an earlier run's records from a topic.
 *
 * @returns first offset of each partition from now on
 */
export async function emptyTopic(kafka: Connection, topic: string, deadline: Deadline): Promise<number[]> {
  let begin: number[] = [];
  await deadline.waitUntil("an empty topic", async () => {
    const offsets = await logOffsetsOf(kafka, topic);
    const full = offsets.filter(({ low, high }) => low < high);
    if (full.length > 0) {
      await deleteRecordsBelow(kafka, topic, new Map(full.map(({ partition, high }) => [partition, high])));
      return [`${full.length} partitions hold records of an earlier run`];
    }
    begin = [];
    for (const { partition, high } of offsets) begin[partition] = high;
    return [];
  });
  return begin;
}

/** Deletes the topics of this run and of earlier verifications, and no others. */
export async function deleteVerificationTopics(kafka: Connection): Promise<void> {
  const topics = await verificationTopics(kafka);
  if (topics.length > 0) await removeTopics(kafka, topics);
}

/** A topic's partitions. */
export function ofTopic(partitions: readonly Partition[], topic: string): Partition[] {
  return partitions.filter((partition) => partition.topic === topic);
}
