import type { Connection } from "./connection";
import { codes, failOn } from "./errors";
import { createPartitions, createTopics, deleteTopics } from "./requests";

const TIMEOUT_MS = 30_000;
/** Value of numbers that follow from an assignment. */
const BY_ASSIGNMENT = -1;

/** A new topic whose replicas Kafka places. */
interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** A new topic with an assignment of its replicas. */
interface AssignedTopic {
  readonly name: string;
  /** Ids of the brokers of each partition's replicas; the first is the preferred leader. */
  readonly replicas: readonly (readonly number[])[];
  readonly config: Readonly<Record<string, string>>;
}

/** Creates a topic and lets Kafka place its replicas. Succeeds without a change if the topic exists. */
export async function createTopic(kafka: Connection, topic: NewTopic): Promise<void> {
  await create(kafka, { ...topic, assignments: [] });
}

/** Creates a topic with its replicas on the given brokers. Succeeds without a change if the topic exists. */
export async function createAssignedTopic(kafka: Connection, { replicas, ...topic }: AssignedTopic): Promise<void> {
  const assignments = replicas.map((brokers, partition) => ({ partition, brokers }));
  await create(kafka, { ...topic, partitions: BY_ASSIGNMENT, replicationFactor: BY_ASSIGNMENT, assignments });
}

/** Deletes topics and their records. Succeeds for topics that don't exist. */
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

/** Adds partitions until there are `partitions` in all. Succeeds without a change if there are already. */
export async function growTopic(kafka: Connection, name: string, partitions: number): Promise<void> {
  const topics = [{ name, count: partitions, assignments: null }];
  const answer = await kafka.ask(createPartitions, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false });
  for (const each of answer.results) failOn(`${name} can't get partitions`, each, [codes.invalidPartitions]);
}
