import { Connection } from "../../../components/kafka/protocol/connection";
import type * as requests from "../../../components/kafka/protocol/requests";
import type { Request } from "../../../components/kafka/protocol/requests";
import type { ValueOf } from "../../../components/kafka/protocol/types";

type Question<R extends { question: unknown }> = ValueOf<R["question"]>;
interface FakeTopic {
  partitions: number[][];
  config: Record<string, string>;
}

const done = { throttleMs: 0, errorCode: 0, errorMessage: null };
/** Kafka's INVALID_CONFIG and UNKNOWN_TOPIC_OR_PARTITION. */
const [invalidConfig, unknownTopic] = [40, 3];

/** A Kafka of three brokers that does at once what it is asked for, and keeps what changed it. */
export class FakeKafka extends Connection {
  readonly topics: Record<string, FakeTopic> = {};
  readonly changes: string[] = [];

  constructor() {
    super([]);
  }

  override async ask<Q, A>({ name }: Request<Q, A>, question: Q): Promise<A> {
    const answers = this as unknown as Record<string, (question: Q) => A>;
    if (/^(Create|Delete|Alter|Incremental)/.test(name)) this.changes.push(name);
    return answers[name]!(question);
  }

  override askBroker<Q, A>(_id: number, request: Request<Q, A>, question: Q): Promise<A> {
    return this.ask(request, question);
  }

  protected Metadata() {
    const topics = Object.entries(this.topics).map(([name, { partitions }]) => ({
      name,
      partitions: partitions.map((replicas, partition) => ({
        partition,
        leader: replicas[0],
        replicas,
        inSync: replicas,
      })),
    }));
    return { brokers: [0, 1, 2].map((id) => ({ id, host: `kafka-${id}`, port: 9092, rack: null })), topics };
  }

  protected ListPartitionReassignments() {
    return { ...done, topics: [] };
  }

  protected CreateTopics({ topics }: Question<typeof requests.createTopics>) {
    return {
      topics: topics.map(({ name, partitions, replicationFactor, assignments, configs }) => {
        if (configs.some((config) => config.name === "nonsense")) return { ...done, name, errorCode: invalidConfig };
        const copies = [0, 1, 2].slice(0, replicationFactor);
        this.topics[name] = {
          partitions: assignments.length
            ? assignments.map(({ brokers }) => [...brokers])
            : Array.from({ length: partitions }, () => copies),
          config: Object.fromEntries(configs.map((config) => [config.name, config.value!])),
        };
        return { ...done, name };
      }),
    };
  }

  protected DeleteTopics({ names }: Question<typeof requests.deleteTopics>) {
    for (const name of names) delete this.topics[name];
    return { ...done, results: names.map((name) => ({ ...done, name })) };
  }

  protected CreatePartitions({ topics: [topic] }: Question<typeof requests.createPartitions>) {
    const { partitions } = this.topics[topic!.name]!;
    while (partitions.length < topic!.count) partitions.push(partitions[0]!);
    return { results: [{ ...done, name: topic!.name }] };
  }

  protected DescribeConfigs({ resources, ...rest }: Question<typeof requests.describeConfigs>) {
    return {
      ...rest,
      results: resources.map(({ name, keys }) => ({
        ...done,
        name,
        errorCode: name in this.topics ? 0 : unknownTopic,
        configs: Object.entries({ ...this.topics[name]?.config })
          .filter(([key]) => keys === null || keys.includes(key))
          .map(([key, value]) => ({ name: key, value, source: 1 })),
      })),
    };
  }

  protected IncrementalAlterConfigs({ resources }: Question<typeof requests.alterConfigs>) {
    for (const { name, configs } of resources) {
      for (const { name: key, value } of configs) {
        if (value === null) delete this.topics[name]?.config[key];
        else if (name in this.topics) this.topics[name]!.config[key] = value;
      }
    }
    return { responses: [done] };
  }

  protected AlterPartitionReassignments({ topics }: Question<typeof requests.alterReassignments>) {
    for (const { name, partitions } of topics) {
      for (const { partition, replicas } of partitions) this.topics[name]!.partitions[partition] = [...replicas!];
    }
    return { ...done, topics: [] };
  }
}
