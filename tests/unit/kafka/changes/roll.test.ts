import type { BoundClaim, ClaimedVolume } from "../../../../components/kafka/changes/keptVolumes";
import type { Pod, StatefulSet } from "../../../../components/kafka/changes/workloads";
import { roll } from "../../../../components/kafka/changes/roll";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";
import { Fatal } from "../../../../components/failures";
import { useVirtualTime } from "../../../support/virtualTime";
import { done, FakeKafka } from "../fakeKafka";

useVirtualTime();

const ids = [0, 1, 2];
const task = {
  namespace: "kafka",
  pools: [{ name: "kafka", firstId: 0, count: ids.length }],
  brokers: ids,
  voters: ids.map((id) => ({ id, host: `kafka-${id}`, port: 9093 })),
} as unknown as ChangeTask;
const set: StatefulSet = {
  metadata: { name: "kafka", generation: 1 },
  spec: { replicas: ids.length },
  status: { observedGeneration: 1, updateRevision: "new" },
};

/** More polls than a roll of these brokers needs. */
const MANY_POLLS = 10;

/** Faults of brokers, by the brokers' ids. */
interface Trouble {
  /** Brokers whose log directory with their own partition is offline. */
  readonly broken?: number[];
  /** Brokers whose volume was given up. */
  readonly givenUp?: number[];
  /** Brokers that serve although their pods aren't ready. */
  readonly unready?: number[];
  /** Brokers that are back with another volume and have no vote with it yet. */
  voteless?: number[];
  /** Whether the pods run the newest revision. @default false */
  readonly upToDate?: boolean;
  /** Whether a log directory stays offline when its broker is started again. @default false */
  readonly beyondRepair?: boolean;
}

/** Three brokers, whose pods are outdated. */
class Cluster extends FakeKafka {
  readonly replaced: string[] = [];
  /** Requests to Kubernetes and Kafka, in their order. */
  readonly events: string[] = [];

  private readonly broken: number[];
  /** The brokers' StatefulSet; undefined if somebody has deleted it. */
  set: StatefulSet | undefined = set;

  constructor(private readonly trouble: Trouble) {
    super(ids);
    this.broken = [...(trouble.broken ?? [])];
    for (const id of this.broken) this.offlineDirectories[id] = "/var/lib/kafka-1/data";
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

  /** The voter with the lost volume was last up to date long ago; the node with the new volume is an observer. */
  protected override DescribeQuorum() {
    const { voteless = [] } = this.trouble;
    const now = 100_000;
    const replica = (id: number, directory: string, lastCaughtUp = now) => ({ id, directory, logEnd: 1, lastCaughtUp });
    const voters = this.voters.map((id) =>
      voteless.includes(id) ? replica(id, `lost-${id}`, 1) : replica(id, `of-${id}`),
    );
    const following = [...voteless, ...ids.filter((id) => !this.voters.includes(id))];
    const observers = following.map((id) => replica(id, `of-${id}`));
    return { ...done, topics: [{ partitions: [{ ...done, leader: 0, voters, observers }] }] };
  }

  protected override RemoveRaftVoter(question: { voter: number }) {
    this.events.push(`vote of ${question.voter} taken`);
    this.trouble.voteless = this.trouble.voteless?.filter((id) => id !== question.voter) ?? [];
    this.voters = this.voters.filter((id) => id !== question.voter);
    return done;
  }

  protected override AddRaftVoter(question: { voter: number }) {
    this.events.push(`vote of ${question.voter} given`);
    this.voters.push(question.voter);
    return done;
  }

  private get pods(): Pod[] {
    const { upToDate, unready = [] } = this.trouble;
    return ids.map((id) => {
      const isNew = this.replaced.includes(`kafka-${id}`);
      return {
        metadata: {
          name: `kafka-${id}`,
          labels: { "controller-revision-hash": isNew || upToDate ? "new" : "old" },
          ownerReferences: [{ kind: "StatefulSet", name: "kafka" }],
        },
        status: {
          conditions: [
            { type: "Ready", status: unready.includes(id) && !isNew ? "False" : "True" },
            { type: "PodScheduled", status: "True" },
          ],
        },
      };
    });
  }

  /** A claim is deleted with the pod that uses it. */
  private get claims(): BoundClaim[] {
    return ids.map((id) => {
      const isNew = this.trouble.givenUp?.includes(id) && this.replaced.includes(`kafka-${id}`);
      const isGoing = this.trouble.givenUp?.includes(id) && !isNew;
      const metadata = { name: `data-kafka-${id}`, ...(isGoing && { deletionTimestamp: "now" }) };
      return { metadata, spec: { volumeName: isNew ? `new-${id}` : `old-${id}` } };
    });
  }

  private get volumes(): ClaimedVolume[] {
    return this.claims.map(({ spec: { volumeName = "" } }) => {
      const policy = volumeName.startsWith("new") ? "Delete" : "Retain";
      return { metadata: { name: volumeName }, spec: { persistentVolumeReclaimPolicy: policy } };
    });
  }

  /** An evicted pod is back at once, with all of its log directories. */
  readonly kubernetes = {
    find: async (path: string) => (path.includes("/statefulsets/") ? this.set : { metadata: { name: "kafka-formed" } }),
    list: async (path: string) => {
      if (path.endsWith("/persistentvolumeclaims")) return this.claims;
      if (path.endsWith("/persistentvolumes")) return this.volumes;
      this.events.push("poll");
      if (this.events.filter((event) => event === "poll").length > MANY_POLLS) throw new Fatal("the roll stands still");
      return this.pods;
    },
    patch: async (path: string, { spec }: { spec: { persistentVolumeReclaimPolicy: string } }) =>
      void this.events.push(`${spec.persistentVolumeReclaimPolicy} ${path.split("/").at(-1)}`),
    create: async (path: string) => {
      const pod = /pods\/(kafka-(\d))\/eviction$/.exec(path)!;
      this.events.push(`evict ${pod[1]}`);
      this.replaced.push(pod[1]!);
      if (this.trouble.beyondRepair) return;
      this.broken.splice(0, Infinity, ...this.broken.filter((id) => id !== Number(pod[2])));
    },
  } as unknown as PodApiClient;
}

async function rolled(cluster: Cluster): Promise<string[]> {
  return roll(cluster, cluster.kubernetes, task, () => undefined);
}

test("a broker that has lost a log directory restarts first, though its replicas are not in sync", async () =>
  expect(await rolled(new Cluster({ broken: [1] }))).toEqual(["kafka-1", "kafka-2", "kafka-0"]));

test("two brokers that have lost log directories restart one after the other, before any other broker", async () =>
  expect(await rolled(new Cluster({ broken: [0, 1] }))).toEqual(["kafka-0", "kafka-1", "kafka-2"]));

test("each poll asks Kafka for its layout once, after it asked Kubernetes for pods", async () => {
  const cluster = new Cluster({});
  await rolled(cluster);
  const [, ...polls] = cluster.events.join().split("poll");
  expect(polls).toEqual([
    ",layout,evict kafka-2,",
    ",layout,evict kafka-1,",
    ",layout,evict kafka-0,",
    ",layout,layout",
  ]);
});

test("if Kafka doesn't answer, no serving pod is replaced", async () => {
  const cluster = new Cluster({});
  jest.spyOn(cluster, "ask").mockRejectedValue(new Error("no broker answers"));
  await expect(rolled(cluster)).rejects.toThrow("the roll stands still");
  expect(cluster.replaced).toEqual([]);
});

test("a StatefulSet that somebody has deleted ends the roll at once, with what makes it again", async () => {
  const cluster = new Cluster({});
  cluster.set = undefined;
  await expect(rolled(cluster)).rejects.toThrow(
    /^somebody has deleted the StatefulSet kafka\. bin\/pulumi refresh .* \[KK827\]$/,
  );
});

test("a mistake in the program while it asks Kafka ends the roll at once", async () => {
  const cluster = new Cluster({});
  const mistake = new TypeError("Cannot read properties of undefined");
  jest.spyOn(cluster, "ask").mockRejectedValue(mistake);
  await expect(rolled(cluster)).rejects.toBe(mistake);
  expect(cluster.events).toEqual(["poll"]);
});

test("a broker with an offline log directory restarts even if it is up to date, and no other broker does", async () =>
  expect(await rolled(new Cluster({ broken: [1], upToDate: true }))).toEqual(["kafka-1"]));

test("a broker whose disk stays offline restarts once, and the directory is named", async () => {
  const cluster = new Cluster({ broken: [1], upToDate: true, beyondRepair: true });
  await expect(rolled(cluster)).rejects.toThrow(
    /log directory \/var\/lib\/kafka-1\/data of broker 1 is offline, though kafka-1 .*KK819/,
  );
  expect(cluster.replaced).toEqual(["kafka-1"]);
});

describe("a volume that was given up", () => {
  test("is deleted with its pod, even if the pod is up to date, and no other pod is replaced", async () =>
    expect(await rolled(new Cluster({ givenUp: [1], upToDate: true }))).toEqual(["kafka-1"]));

  test("goes with its claim, and the new one stays from then on", async () => {
    const cluster = new Cluster({ givenUp: [1], upToDate: true });
    await rolled(cluster);
    const ofVolumes = cluster.events.filter((event) => /^(Retain|Delete|evict) /.test(event));
    expect(ofVolumes).toEqual(["Delete old-1", "evict kafka-1", "Retain new-1"]);
  });

  test("is kept while other brokers' replicas are not in sync", async () => {
    const cluster = new Cluster({ givenUp: [1], broken: [2], upToDate: true, beyondRepair: true });
    await expect(rolled(cluster)).rejects.toThrow("the roll stands still");
    expect(cluster.replaced).toEqual(["kafka-2"]);
  });

  test("is kept if no other broker has all records of a partition, which is named with both remedies", async () => {
    const cluster = new Cluster({ givenUp: [1], upToDate: true });
    cluster.topics["single"] = { partitions: [[1]], config: {} };
    await expect(rolled(cluster)).rejects.toThrow(
      /kafka-1 was given up, and no other node has all records of 1 partitions, such as single-0\. .*kubectl delete pod kafka-1.*KK858/,
    );
    expect(cluster.replaced).toEqual([]);
  });

  test("is kept if the pod isn't ready and Kafka doesn't answer", async () => {
    const cluster = new Cluster({ givenUp: [1], unready: [1], upToDate: true });
    jest.spyOn(cluster, "ask").mockRejectedValue(new Error("no broker answers"));
    await expect(rolled(cluster)).rejects.toThrow("the roll stands still");
    expect(cluster.replaced).toEqual([]);
  });
});

test("a pod that isn't ready counts as serving while its broker serves, since its kubelet may just be silent", async () => {
  const cluster = new Cluster({ unready: [1], broken: [2], beyondRepair: true });
  await expect(rolled(cluster)).rejects.toThrow("the roll stands still");
  expect(cluster.replaced).not.toContain("kafka-1");
});

test("a voter with another volume gets its vote back before a pod that serves is replaced", async () => {
  const cluster = new Cluster({ voteless: [2] });
  expect(await rolled(cluster)).toHaveLength(3);
  const [taken, given, first] = ["vote of 2 taken", "vote of 2 given", "evict kafka-2"].map((event) =>
    cluster.events.indexOf(event),
  );
  expect(taken).toBeGreaterThan(0);
  expect(given).toBeGreaterThan(taken!);
  expect(first).toBeGreaterThan(given!);
});

test("a version is recorded as soon as the first pod runs it, before the others are replaced", async () => {
  const cluster = new Cluster({});
  const versioned = { ...set, metadata: { ...set.metadata, annotations: { "kubeadm-kafka/version": "4.4.0" } } };
  cluster.set = versioned;
  const kubernetes = Object.assign(cluster.kubernetes, {
    patch: async (_path: string, { metadata }: { metadata: { annotations: Record<string, string> } }) => {
      Object.assign(versioned.metadata.annotations, metadata.annotations);
      cluster.events.push(`note ${metadata.annotations["kubeadm-kafka/has-run"]}`);
    },
  } as unknown as PodApiClient);
  await roll(cluster, kubernetes, task, () => undefined);
  expect(cluster.events.filter((event) => /note|evict/.test(event))).toEqual([
    "evict kafka-2",
    "note 4.4.0",
    "evict kafka-1",
    "evict kafka-0",
  ]);
});

test("pods that a gate let be evicted, and that were not stopped then, are protected by the budget again", async () => {
  const cluster = new Cluster({ upToDate: true });
  const list = cluster.kubernetes.list.bind(cluster.kubernetes);
  const patches: string[] = [];
  const kubernetes = Object.assign(cluster.kubernetes, {
    list: async (path: string) => {
      const found = await list<Pod>(path);
      const marked = found.find(({ metadata }) => metadata.name === "kafka-1");
      if (marked) marked.metadata.labels!["kubeadm-kafka/leaving"] = "true";
      return found;
    },
    patch: async (path: string, body: unknown) => patches.push(`${path} ${JSON.stringify(body)}`),
  } as unknown as PodApiClient);
  await roll(cluster, kubernetes, task, () => undefined);
  expect(patches).toEqual([
    '/api/v1/namespaces/kafka/pods/kafka-1 {"metadata":{"labels":{"kubeadm-kafka/leaving":null}}}',
  ]);
});
