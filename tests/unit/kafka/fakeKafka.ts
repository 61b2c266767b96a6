import { Connection } from "../../../components/kafka/protocol/connection";
import type * as requests from "../../../components/kafka/protocol/requests";
import type { Request } from "../../../components/kafka/protocol/requests";
import type { ValueOf } from "../../../components/kafka/protocol/types";

type Question<R extends { question: unknown }> = ValueOf<R["question"]>;
interface FakeTopic {
  partitions: number[][];
  config: Record<string, string>;
}

export const done = { throttleMs: 0, errorCode: 0, errorMessage: null };
const [invalidConfig, unknownTopic, invalidRequest, storageError] = [40, 3, 42, 56];
const [notLeader, notCoordinator, groupIdNotFound] = [6, 16, 69];
const MINIMUM = "min.insync.replicas";
/** Special timestamp that asks for the offset of the first record. */
const EARLIEST = -2;
const [BROKER, SET_FOR_TOPIC, SET_FOR_BROKER, SET_FOR_ALL_BROKERS, DEFAULT] = [4, 1, 2, 3, 5];
/** Default settings of brokers. */
const defaults: Record<string, string> = {
  "log.cleanup.policy": "delete",
  "log.retention.hours": "168",
  "log.retention.bytes": "-1",
  "log.cleaner.min.compaction.lag.ms": "0",
  "log.cleaner.delete.retention.ms": "86400000",
};

/** A Kafka that carries out requests at once, and records those that change it. */
export class FakeKafka extends Connection {
  readonly topics: Record<string, FakeTopic> = {};
  readonly changes: string[] = [];
  /** Partitions of each requested election. */
  readonly elected: unknown[] = [];
  /** Brokers that don't serve. */
  readonly down = new Set<number>();
  /** Dynamic settings of brokers by their id, and of all brokers by an empty name. */
  readonly brokerConfigs: Record<string, Record<string, string>> = {};
  /** Bytes of each of a topic's replicas. */
  readonly sizes: Record<string, number> = {};
  /** Disks of brokers that aren't large and empty. */
  readonly disks: Record<number, { totalBytes: number; usableBytes: number }> = {};
  /** Log directories that brokers have beside the one that works. */
  readonly offlineDirectories: Record<number, string> = {};
  /** First offset of each of a topic's partitions, and the one after its last. @default nothing was written */
  readonly logs: Record<string, { low: number; high: number }[]> = {};
  /** Offsets that consumer groups have committed, by partition. */
  readonly committed: Record<string, number[]> = {};
  voters: number[];

  constructor(readonly ids: readonly number[] = [0, 1, 2]) {
    super([]);
    this.voters = [...ids];
  }

  get serving(): number[] {
    return this.ids.filter((id) => !this.down.has(id));
  }

  override async ask<Q, A>({ name }: Request<Q, A>, question: Q): Promise<A> {
    return this.answer(name, question, this.serving[0]!);
  }

  override async askBroker<Q, A>(id: number, { name }: Request<Q, A>, question: Q): Promise<A> {
    if (this.down.has(id)) throw new Error(`broker ${id} is not there to be asked`);
    return this.answer(name, question, id);
  }

  private answer<Q, A>(name: string, question: Q, broker: number): A {
    const answers = this as unknown as Record<string, (question: Q, broker: number) => A>;
    if (/^(Create|Delete|Alter|Incremental)/.test(name)) this.changes.push(name);
    return answers[name]!(question, broker);
  }

  private readonly topicIds = new WeakMap<FakeTopic, string>();
  private idsGiven = 0;

  /** Kafka's id of a topic. One that is created again has another. */
  private idOf(topic: FakeTopic): string {
    if (!this.topicIds.has(topic)) this.topicIds.set(topic, `id-${++this.idsGiven}`);
    return this.topicIds.get(topic)!;
  }

  protected Metadata() {
    const topics = Object.entries(this.topics).map(([name, topic]) => ({
      name,
      ...({ id: this.idOf(topic) } as { id?: string }),
      partitions: topic.partitions.map((replicas, partition) => ({
        partition,
        leader: replicas.find((id) => !this.down.has(id)) ?? -1,
        replicas,
        inSync: replicas.filter((id) => !this.down.has(id)),
        offline: replicas.filter((id) => this.down.has(id)),
      })),
    }));
    return { brokers: this.serving.map((id) => ({ id, host: `kafka-${id}`, port: 9092, rack: null })), topics };
  }

  /** The active controller. */
  get activeController(): number {
    return this.voters.find((id) => !this.down.has(id))!;
  }

  protected DescribeCluster() {
    return { ...done, brokers: this.serving.map((id) => ({ id, fenced: false })) };
  }

  protected DescribeQuorum() {
    const lastCaughtUp = (id: number): number => (this.down.has(id) ? 1 : 100_000);
    const replica = (id: number) => ({ id, directory: `of-${id}`, logEnd: 1, lastCaughtUp: lastCaughtUp(id) });
    const observers = this.serving.filter((id) => !this.voters.includes(id)).map(replica);
    const partition = { ...done, leader: this.activeController, voters: this.voters.map(replica), observers };
    return { ...done, topics: [{ partitions: [partition] }] };
  }

  protected AddRaftVoter({ voter }: Question<typeof requests.addRaftVoter>) {
    this.voters.push(voter);
    return done;
  }

  protected RemoveRaftVoter({ voter }: Question<typeof requests.removeRaftVoter>) {
    this.voters = this.voters.filter((id) => id !== voter);
    return done;
  }

  protected ElectLeaders({ topics }: Question<typeof requests.electLeaders>) {
    this.elected.push(topics);
    return { ...done, results: [] };
  }

  protected DescribeLogDirs(_question: Question<typeof requests.describeLogDirs>, broker: number) {
    const topics = Object.entries(this.topics).map(([name, { partitions }]) => ({
      name,
      partitions: [...partitions.entries()]
        .filter(([, replicas]) => replicas.includes(broker))
        .map(([partition]) => ({ partition, size: this.sizes[name] ?? 0, lag: 0, future: false })),
    }));
    const path = "/var/lib/kafka/data";
    const disk = this.disks[broker] ?? { totalBytes: 1e12, usableBytes: 1e12 };
    const offline = this.offlineDirectories[broker];
    const dirs = [{ errorCode: 0, path, topics, ...disk }];
    if (offline) dirs.push({ errorCode: storageError, path: offline, topics: [], totalBytes: -1, usableBytes: -1 });
    return { ...done, dirs };
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

  protected DescribeConfigs({ resources, ...rest }: Question<typeof requests.describeConfigs>, broker: number) {
    return {
      ...rest,
      results: resources.map(({ type, name, keys }) => {
        const isBroker = type === BROKER;
        const own = { ...(isBroker ? this.brokerConfigs[name] : this.topics[name]?.config) };
        const shared = { ...(isBroker ? this.brokerConfigs[""] : this.sharedByTopics) };
        const source = (key: string) =>
          key in own ? (isBroker ? SET_FOR_BROKER : SET_FOR_TOPIC) : key in shared ? SET_FOR_ALL_BROKERS : DEFAULT;
        return {
          ...done,
          name,
          errorCode: isBroker ? this.ofAnotherBroker(name, broker) : name in this.topics ? 0 : unknownTopic,
          configs: Object.entries({ ...(isBroker && defaults), ...shared, ...own })
            .filter(([key]) => keys === null || keys.includes(key))
            .map(([key, value]) => ({ name: key, value, source: source(key) })),
        };
      }),
    };
  }

  /** Settings for all brokers that are also a topic's, unless the topic has a setting of its own. */
  private get sharedByTopics(): Record<string, string> {
    const minimum = this.brokerConfigs[""]?.[MINIMUM];
    return minimum === undefined ? {} : { [MINIMUM]: minimum };
  }

  protected IncrementalAlterConfigs({ resources }: Question<typeof requests.alterConfigs>, broker: number) {
    for (const { type, name, configs } of resources) {
      if (type === BROKER && this.ofAnotherBroker(name, broker)) {
        return { responses: [{ ...done, name, errorCode: invalidRequest }] };
      }
      const settings = type === BROKER ? (this.brokerConfigs[name] ??= {}) : this.topics[name]?.config;
      for (const { name: key, value } of configs) {
        if (settings && value === null) delete settings[key];
        else if (settings) settings[key] = value!;
      }
    }
    return { responses: [done] };
  }

  /** Only a broker itself can read and change its dynamic settings. */
  private ofAnotherBroker(name: string, broker: number): number {
    return name === "" || name === String(broker) ? 0 : invalidRequest;
  }

  protected AlterPartitionReassignments({ topics }: Question<typeof requests.alterReassignments>) {
    for (const { name, partitions } of topics) {
      for (const { partition, replicas } of partitions) this.topics[name]!.partitions[partition] = [...replicas!];
    }
    return { ...done, topics: [] };
  }

  private log(topic: string, partition: number): { low: number; high: number } {
    return ((this.logs[topic] ??= [])[partition] ??= { low: 0, high: 0 });
  }

  private leads(broker: number, topic: string, partition: number): boolean {
    return this.topics[topic]?.partitions[partition]?.find((id) => !this.down.has(id)) === broker;
  }

  protected ListOffsets({ topics }: Question<typeof requests.listOffsets>, broker: number) {
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partition, timestamp }) => ({
          partition,
          errorCode: this.leads(broker, name, partition) ? 0 : notLeader,
          offset: this.log(name, partition)[timestamp === EARLIEST ? "low" : "high"],
        })),
      })),
    };
  }

  protected DeleteRecords({ topics }: Question<typeof requests.deleteRecords>, broker: number) {
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partition, offset }) => {
          if (!this.leads(broker, name, partition)) return { partition, errorCode: notLeader };
          this.log(name, partition).low = offset;
          return { partition, errorCode: 0 };
        }),
      })),
    };
  }

  /** Coordinator of all consumer groups. */
  get coordinator(): number {
    return this.serving.at(-1)!;
  }

  protected FindCoordinator({ keys }: Question<typeof requests.findCoordinator>) {
    return { coordinators: keys.map((key) => ({ ...done, key, node: this.coordinator })) };
  }

  protected OffsetFetch({ group, topics }: Question<typeof requests.fetchOffsets>, broker: number) {
    const offsetOf = (partition: number) => this.committed[group]?.[partition] ?? -1;
    return {
      errorCode: broker === this.coordinator ? 0 : notCoordinator,
      topics: topics!.map(({ topic, partitions }) => ({
        name: topic,
        partitions: partitions.map((partition) => ({ partition, offset: offsetOf(partition), errorCode: 0 })),
      })),
    };
  }

  protected DeleteGroups({ groups }: Question<typeof requests.deleteGroups>, broker: number) {
    const remove = (group: string): number => {
      if (broker !== this.coordinator) return notCoordinator;
      if (!(group in this.committed)) return groupIdNotFound;
      delete this.committed[group];
      return 0;
    };
    return { results: groups.map((group) => ({ group, errorCode: remove(group) })) };
  }
}
