import type { Admin } from "kafkajs";
import type { Expectation } from "../expectation";
import type { Partition } from "./checks";

export async function createTopic(admin: Admin, topic: string, expected: Expectation): Promise<void> {
  const { partitions, replicationFactor, minInsyncReplicas } = expected;
  await admin
    .createTopics({
      topics: [
        {
          topic,
          numPartitions: partitions,
          replicationFactor,
          configEntries: [{ name: "min.insync.replicas", value: String(minInsyncReplicas) }],
        },
      ],
    })
    .catch((error: Error & { errors?: Error[] }) => {
      const reasons = error.errors?.map(({ message }) => message) ?? [error.message];
      throw new Error(`a topic of ${partitions} partitions can't be created: ${reasons.join("; ")}`);
    });
}

/** Removes this run's topic, and those that earlier runs were killed with. */
export async function removeTopics(admin: Admin, prefix: string): Promise<void> {
  const topics = (await admin.listTopics()).filter((topic) => topic.startsWith(prefix));
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
