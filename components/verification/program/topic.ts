import type { Admin } from "kafkajs";
import type { Expectation } from "../expectation";
import type { Partition } from "./checks";
import { Fatal, type Deadline } from "../../programs/program/waiting";

export const TOPIC_PREFIX = "kubeadm-kafka-verification-";

/** Creates this run's topic; removes those that earlier runs were killed with. */
export async function createTopic(
  admin: Admin,
  topic: string,
  expected: Expectation,
  deadline: Deadline,
): Promise<void> {
  const { partitions, minInsyncReplicas } = expected;
  const replicaAssignment = assignment(expected);
  const configEntries = [{ name: "min.insync.replicas", value: String(minInsyncReplicas) }];
  await deadline.waitUntil(`a topic of ${partitions} partitions`, async () => {
    await removeTopics(admin, topic);
    await admin.createTopics({ topics: [{ topic, replicaAssignment, configEntries }] }).catch(refused);
    return [];
  });
}

/**
 * Which brokers have each partition, its leader first: each leads as many as any other. Left to itself, Kafka lets some lead
 * nothing where racks differ in size.
 */
export function assignment({
  partitions,
  brokers,
  replicationFactor,
}: Pick<Expectation, "partitions" | "brokers" | "replicationFactor">): { partition: number; replicas: number[] }[] {
  return Array.from({ length: partitions }, (_, partition) => ({
    partition,
    replicas: Array.from({ length: replicationFactor }, (_, copy) => brokers[(partition + copy) % brokers.length]!),
  }));
}

/** Kafka's own answer is final; not reaching it isn't. */
function refused(error: Error & { errors?: Error[] }): never {
  throw error.errors
    ? new Fatal(`Kafka refused a topic: ${error.errors.map(({ message }) => message).join("; ")}`)
    : error;
}

export async function removeTopics(admin: Admin, except?: string): Promise<void> {
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(TOPIC_PREFIX) && topic !== except);
  if (topics.length > 0) await admin.deleteTopics({ topics });
}

export async function describeTopic(admin: Admin, topic: string): Promise<Partition[]> {
  return (await describeTopics(admin)).filter((partition) => partition.topic === topic);
}

/** The partitions of all topics, Kafka's own included. */
export async function describeTopics(admin: Admin): Promise<Partition[]> {
  const { topics } = await admin.fetchTopicMetadata();
  return topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionId, leader, replicas, isr }) => ({
      topic: name,
      partition: partitionId,
      leader,
      replicas,
      inSync: isr,
    })),
  );
}
