import type { Connection } from "./connection";
import { codes, failOn } from "./errors";
import { createPartitions, createTopics } from "./requests";

const TIMEOUT_MS = 30_000;

/** What a new topic is made with. */
interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly config: Readonly<Record<string, string>>;
}

/** Makes a topic, where Kafka wants its partitions. One that is there already stays as it is. */
export async function createTopic(kafka: Connection, { config, ...topic }: NewTopic): Promise<void> {
  const configs = Object.entries(config).map(([name, value]) => ({ name, value }));
  const topics = [{ ...topic, assignments: [], configs }];
  const answer = await kafka.ask(createTopics, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false });
  for (const each of answer.topics) failOn(`${each.name} can't be made`, each, [codes.topicAlreadyExists]);
}

/** Adds partitions up to a number in all. A topic that has them already stays as it is. */
export async function growTopic(kafka: Connection, name: string, partitions: number): Promise<void> {
  const topics = [{ name, count: partitions, assignments: null }];
  const answer = await kafka.ask(createPartitions, { topics, timeoutMs: TIMEOUT_MS, validateOnly: false });
  for (const each of answer.results) failOn(`${name} can't get partitions`, each, [codes.invalidPartitions]);
}
