import type { Pod, StatefulSet } from "../../../components/kafka/changes/pods";
import { roll } from "../../../components/kafka/changes/roll";
import type { ChangeTask } from "../../../components/kafka/changes/task";
import type { Kubernetes } from "../../../components/programs/program/kubernetes";
import { Fatal } from "../../../components/programs/program/waiting";
import { FakeKafka } from "./fakeKafka";

const ids = [0, 1, 2];
const task = {
  namespace: "kafka",
  pools: [{ name: "kafka", firstId: 0, count: ids.length }],
  brokers: ids,
  voters: ids.map((id) => ({ id })),
} as unknown as ChangeTask;
const set: StatefulSet = {
  metadata: { name: "kafka", generation: 1 },
  spec: { replicas: ids.length },
  status: { observedGeneration: 1, updateRevision: "new" },
};

/** More than a roll of these brokers takes. */
const MANY_POLLS = 10;

/** Three brokers whose pods are outdated, and of which some have lost the log directory with a partition of their own. */
class Cluster extends FakeKafka {
  readonly replaced: string[] = [];
  /** What was asked of Kubernetes and of Kafka, in that order. */
  readonly events: string[] = [];

  constructor(private readonly broken: number[]) {
    super(ids);
    for (const id of ids)
      this.topics[`of-${id}`] = { partitions: [[id, ...ids.filter((each) => each !== id)]], config: {} };
  }

  protected override Metadata() {
    this.events.push("layout");
    const { brokers, topics } = super.Metadata();
    const lost = (topic: string) => this.broken.filter((id) => topic === `of-${id}`);
    return {
      brokers,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ replicas, ...rest }) => {
          const inSync = replicas.filter((id) => !lost(name).includes(id));
          const leader = replicas[0]!;
          return {
            ...rest,
            replicas,
            leader: inSync.includes(leader) ? leader : inSync[0]!,
            inSync,
            offline: lost(name),
          };
        }),
      })),
    };
  }

  private get pods(): Pod[] {
    return ids.map((id) => ({
      metadata: {
        name: `kafka-${id}`,
        labels: { "controller-revision-hash": this.replaced.includes(`kafka-${id}`) ? "new" : "old" },
        ownerReferences: [{ kind: "StatefulSet", name: "kafka" }],
      },
      status: { conditions: [{ type: "Ready", status: "True" }] },
    }));
  }

  /** A pod that is evicted is there again at once, with all of its log directories. */
  readonly kubernetes = {
    get: async () => set,
    list: async () => {
      this.events.push("poll");
      if (this.events.filter((event) => event === "poll").length > MANY_POLLS) throw new Fatal("the roll stands still");
      return this.pods;
    },
    create: async (path: string) => {
      const pod = /pods\/(kafka-(\d))\/eviction$/.exec(path)!;
      this.events.push(`evict ${pod[1]}`);
      this.replaced.push(pod[1]!);
      this.broken.splice(0, Infinity, ...this.broken.filter((id) => id !== Number(pod[2])));
    },
  } as unknown as Kubernetes;
}

async function rolled(cluster: Cluster): Promise<string[]> {
  return roll(cluster, cluster.kubernetes, task, () => undefined);
}

test("a broker that has lost a log directory is mended first, though its replicas are not in sync", async () =>
  expect(await rolled(new Cluster([1]))).toEqual(["kafka-1", "kafka-2", "kafka-0"]));

test("two of them are mended one after the other, before any other broker", async () =>
  expect(await rolled(new Cluster([0, 1]))).toEqual(["kafka-0", "kafka-1", "kafka-2"]));

test("Kafka is asked for its layout once a poll, after Kubernetes was asked for pods", async () => {
  const cluster = new Cluster([]);
  await rolled(cluster);
  const [, ...polls] = cluster.events.join().split("poll");
  expect(polls).toEqual([
    ",layout,evict kafka-2,",
    ",layout,evict kafka-1,",
    ",layout,evict kafka-0,",
    ",layout,layout",
  ]);
});

test("where Kafka doesn't answer, no pod that serves is replaced", async () => {
  const cluster = new Cluster([]);
  jest.spyOn(cluster, "ask").mockRejectedValue(new Error("no broker answers"));
  await expect(rolled(cluster)).rejects.toThrow("the roll stands still");
  expect(cluster.replaced).toEqual([]);
});
