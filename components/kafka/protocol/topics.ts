import type { Connection } from "./connection";
import { codes, failOn } from "./errors";
import { createPartitions, createTopics, deleteTopics } from "./requests";

const TIMEOUT_MS = 30_000;
/** In place of numbers that follow from an assignment. */
const BY_ASSIGNMENT = -1;

/** What a new topic is made with. */
interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** What a new topic is made with whose partitions have their places. */
interface AssignedTopic {
  readonly name: string;
  /** Brokers that keep each partition; the first is the preferred leader. */
  readonly replicas: readonly (readonly number[])[];
  readonly config: Readonly<Record<string, string>>;
}

/** Makes a topic, where Kafka wants its partitions. One that is there already stays as it is. */
export async function createTopic(kafka: Connection, topic: NewTopic): Promise<void> {
  await create(kafka, { ...topic, assignments: [] });
}

/** Makes a topic with its partitions on these brokers. One that is there already stays as it is. */
export async function createAssignedTopic(kafka: Connection, { replicas, ...topic }: AssignedTopic): Promise<void> {
  const assignments = replicas.map((brokers, partition) => ({ partition, brokers }));
  await create(kafka, { ...topic, partitions: BY_ASSIGNMENT, replicationFactor: BY_ASSIGNMENT, assignments });
}

/** Deletes topics with all that they hold. One that isn't there is deleted already. */
export async function removeTopics(kafka: Connection, names: readonly string[]): Promise<void> {
  const answer = await kafka.ask(deleteTopics, { names, timeoutMs: TIMEOUT_MS });
  for (const each of answer.results) failOn(`${each.name} can't be deleted`, each, [codes.unknownTopic]);
}

async function create(
  kafka: Connection,
  { config, ...topic }: NewTopic & { assignments: readonly { partition: number; brokers: readonly number[] }[] },
): Promise<void> {
  const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
  const topics = [{ ...topic, configs }];
  const answer = await kafka.ask(createTopics, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false });
  for (const each of answer.topics) failOn(`${each.name} can't be made`, each, [codes.topicAlreadyExists]);
}

/** Adds partitions up to a number in all. A topic that has them already stays as it is. */
export async function growTopic(kafka: Connection, name: string, partitions: number): Promise<void> {
  const topics = [{ name, count: partitions, assignments: null }];
  const answer = await kafka.ask(createPartitions, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false });
  for (const each of answer.results) failOn(`${name} can't get partitions`, each, [codes.invalidPartitions]);
}
