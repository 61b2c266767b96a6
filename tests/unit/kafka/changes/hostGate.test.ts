import { afterReturn, beforeTakingOut, nodeAndMoment } from "../../../../components/kafka/changes/hostGate";
import type { Claim } from "../../../../components/kafka/changes/lostVolumes";
import type { NodeTask } from "../../../../components/kafka/changes/task";
import type { Pod, StatefulSet } from "../../../../components/kafka/changes/workloads";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";
import { Fatal } from "../../../../components/failures";
import { useVirtualTime } from "../../../support/virtualTime";
import { FakeKafka } from "../fakeKafka";

/** More looks than a gate needs that passes. */
const MANY_LOOKS = 4;
const SOME_TIME_AGO = new Date(Date.now() - 600_000).toISOString();
const LEAVING = "kubeadm-kafka/leaving";
const PERMISSION = "kubeadm-kafka/may-interrupt";

interface Situation {
  /** Hosts of the brokers, by their ids. @default each broker has its own: a, b, c */
  readonly hosts?: string[];
  /** Ids of brokers whose pods wait for their host, since it is cordoned. @default none */
  readonly pending?: number[];
  /** Ids of nodes that don't run, though their pods are on their hosts. @default none */
  readonly down?: number[];
  /** Hosts of dedicated controllers. @default none: the brokers vote */
  readonly controllers?: string[];
  /** Annotations of the StatefulSet. @default none */
  readonly annotations?: Record<string, string>;
  /** Ids of brokers whose pods have the label of those that may be stopped. @default none */
  readonly leaving?: number[];
}

/** A node of Kafka. */
interface Node {
  readonly id: number;
  readonly pod: string;
  readonly set: string;
  readonly host: string;
}
const FIRST_CONTROLLER = 1000;

/** Three brokers on hosts, with a topic whose replicas are on all of them. */
class Cluster extends FakeKafka {
  readonly said: string[] = [];
  /** Patched objects, with what was written. */
  readonly patches: string[] = [];
  /** Names of Jobs that still run, by look. */
  jobs: string[][] = [];
  /** Numbers of partitions on the move, by question. */
  moves: number[] = [];
  /** Whether pods of brokers that don't serve count as ready. */
  areAllReady = false;
  /** Called at each look at the pods. */
  onLook: (look: number) => void = () => undefined;
  private looks = 0;
  readonly nodes: Node[];
  readonly pending: Set<number>;
  readonly annotations: Record<string, string>;

  constructor(private readonly situation: Situation = {}) {
    super();
    const { hosts = ["a", "b", "c"], controllers = [] } = situation;
    this.nodes = [
      ...hosts.map((host, id) => ({ id, pod: `kafka-${id}`, set: "kafka", host })),
      ...controllers.map((host, index) => ({
        id: FIRST_CONTROLLER + index,
        pod: `kafka-controller-${index}`,
        set: "kafka-controller",
        host,
      })),
    ];
    this.pending = new Set(situation.pending);
    this.annotations = { ...situation.annotations };
    if (controllers.length > 0) this.voters = controllers.map((_, index) => FIRST_CONTROLLER + index);
    for (const id of [...(situation.pending ?? []), ...(situation.down ?? [])]) this.down.add(id);
    this.topics["orders"] = { partitions: [[0, 1, 2]], config: {} };
    this.brokerConfigs[""] = { "min.insync.replicas": "2" };
  }

  protected override ListPartitionReassignments() {
    const moving = this.moves.shift() ?? 0;
    const partitions = Array.from({ length: moving }, () => ({
      partition: 0,
      replicas: [0, 1, 2],
      adding: [],
      removing: [],
    }));
    return { ...super.ListPartitionReassignments(), topics: moving ? [{ name: "orders", partitions }] : [] } as never;
  }

  private get pods(): Pod[] {
    return this.nodes.map(({ id, pod, set, host }) => {
      const isPlaced = !this.pending.has(id);
      const scheduled = {
        type: "PodScheduled",
        status: isPlaced ? "True" : "False",
        message: "node(s) were unschedulable",
        lastTransitionTime: SOME_TIME_AGO,
      };
      return {
        metadata: {
          name: pod,
          uid: pod,
          labels: { ...(this.situation.leaving?.includes(id) && { [LEAVING]: "true" }) },
          ownerReferences: [{ kind: "StatefulSet", name: set }],
        },
        spec: { ...(isPlaced && { nodeName: host }) },
        status: {
          conditions: [{ type: "Ready", status: this.down.has(id) && !this.areAllReady ? "False" : "True" }, scheduled],
        },
      };
    });
  }

  private get claims(): Claim[] {
    return this.nodes.map(({ pod, host }) => ({
      metadata: { name: `data-${pod}`, annotations: { "volume.kubernetes.io/selected-node": host } },
    }));
  }

  readonly kubernetes = {
    find: async (path: string): Promise<StatefulSet | undefined> => {
      const name = path.split("/").at(-1)!;
      const replicas = this.nodes.filter(({ set }) => set === name).length;
      if (replicas === 0) return undefined;
      const status = { observedGeneration: 1, updateRevision: "x" };
      return { metadata: { name, generation: 1, annotations: this.annotations }, spec: { replicas }, status };
    },
    list: async (path: string) => {
      if (path.endsWith("/persistentvolumeclaims")) return this.claims;
      this.onLook(this.looks);
      if (this.looks++ >= MANY_LOOKS) throw new Fatal("the gate stands still");
      return this.pods;
    },
    patch: async (path: string, body: unknown) => {
      this.patches.push(`${path.split("/").slice(-2).join("/")} ${JSON.stringify(body)}`);
    },
  } as unknown as PodApiClient;
}

const task: NodeTask = {
  task: "node",
  namespace: "kafka",
  bootstrapServers: "",
  pools: [
    { name: "kafka-controller", firstId: FIRST_CONTROLLER, count: 3 },
    { name: "kafka", firstId: 0, count: 3 },
  ],
  brokers: [0, 1, 2],
};
const before = (cluster: Cluster, node: string) =>
  beforeTakingOut(
    cluster,
    cluster.kubernetes,
    task,
    node,
    async () => cluster.jobs.shift() ?? [],
    (line) => cluster.said.push(line),
  );
const after = (cluster: Cluster, node: string) => afterReturn(cluster, cluster.kubernetes, task, node);
const marked = ({ patches }: Cluster) => patches.filter((each) => each.startsWith("pods/"));

/** A minute passes between the first look and the second. */
function letTimePass(cluster: Cluster): void {
  const now = Date.now();
  cluster.onLook = (look) => jest.spyOn(Date, "now").mockReturnValue(now + (look > 0 ? 60_000 : 0));
}
afterEach(() => jest.restoreAllMocks());
useVirtualTime();

describe("before a host is taken out", () => {
  test("it passes if Kafka can do without the host, and lets the host's pods be evicted", async () => {
    const cluster = new Cluster();
    expect(await before(cluster, "b")).toEqual({ pods: ["kafka-1"], interrupts: [] });
    expect(marked(cluster)).toEqual([`pods/kafka-1 {"metadata":{"labels":{"${LEAVING}":"true"}}}`]);
    expect(cluster.patches[1]).toMatch(/^poddisruptionbudgets\/kafka .*"kubeadm-kafka\/leaving":"b at 20/);
  });

  test("a host without Kafka's pods passes at once, even if Kafka isn't well", async () => {
    const cluster = new Cluster({ down: [2] });
    expect(await before(cluster, "master")).toEqual({ pods: [], interrupts: [] });
    expect(cluster.patches).toEqual([]);
  });

  test("it says that the active controller is on the host, and how many partitions are handed over", async () => {
    const cluster = new Cluster();
    await before(cluster, "a");
    expect(cluster.said.join("\n")).toMatch(/hand over 1 partition .*\n.*active controller, node 0, is among them/);
  });

  test("it waits for replicas and voters of other hosts, and says what for", async () => {
    const cluster = new Cluster({ down: [2] });
    await expect(before(cluster, "a")).rejects.toThrow("the gate stands still");
    expect(cluster.said).toEqual([
      "waiting: kafka-2 is not ready; 1 partition has replicas that are not in sync: orders-0; " +
        "the voter 2 is behind the active controller, which runs on a",
    ]);
    expect(cluster.patches).toEqual([]);
  });

  test("it passes as soon as they have caught up", async () => {
    const cluster = new Cluster({ down: [2] });
    cluster.onLook = (look) => look === 2 && cluster.down.clear();
    expect((await before(cluster, "a")).pods).toEqual(["kafka-0"]);
  });

  test("pods that wait for the host itself aren't waited for: a killed up had drained it", async () => {
    const cluster = new Cluster({ pending: [1] });
    letTimePass(cluster);
    expect(await before(cluster, "b")).toEqual({ pods: ["kafka-1"], interrupts: [] });
    expect(cluster.said).toEqual([
      "waiting: kafka-1 waits for b",
      "kafka-1 can't start on b, as if it were taken out already: nothing is lost with it",
    ]);
  });

  test("but they are if the host was uncordoned a moment ago, until they are ready and in sync", async () => {
    const cluster = new Cluster({ pending: [1] });
    cluster.onLook = (look) => {
      if (look === 1) cluster.pending.clear();
      if (look === 2) cluster.down.clear();
    };
    await before(cluster, "b");
    expect(marked(cluster)).toHaveLength(1);
    expect(cluster.said.slice(0, 2)).toEqual(["waiting: kafka-1 waits for b", "waiting: kafka-1 is not ready"]);
  });

  test("a node that waits for the host holds up no other node there", async () => {
    const cluster = new Cluster({ hosts: ["a", "b", "b"], pending: [2], annotations: { [PERMISSION]: "b" } });
    letTimePass(cluster);
    expect((await before(cluster, "b")).pods).toEqual(["kafka-1", "kafka-2"]);
    expect(cluster.said.filter((line) => line.startsWith("waiting"))).toEqual(["waiting: kafka-2 waits for b"]);
  });

  test("the only broker's host passes, if its pod waits for that host", async () => {
    const cluster = new Cluster({ hosts: ["a", "a", "a"], pending: [0, 1, 2] });
    letTimePass(cluster);
    jest.spyOn(cluster, "ask").mockRejectedValue(new Error("no broker answers"));
    expect((await before(cluster, "a")).interrupts).toEqual([]);
  });

  test("it waits for Kafka's answer", async () => {
    const cluster = new Cluster();
    jest.spyOn(cluster, "ask").mockRejectedValue(new Error("no broker answers"));
    await expect(before(cluster, "a")).rejects.toThrow("the gate stands still");
    expect(cluster.said).toEqual(["waiting: no broker answers"]);
  });

  test("it waits for moves of partitions, and for Jobs that change Kafka", async () => {
    const cluster = new Cluster();
    cluster.moves = [1, 1];
    cluster.jobs = [["kafka-rebalance-1"], ["kafka-rebalance-1"], []];
    await before(cluster, "a");
    expect(cluster.said.slice(0, 2)).toEqual([
      "waiting: the Job kafka-rebalance-1 still runs; 1 partition is being moved: orders-0",
      "waiting: the Job kafka-rebalance-1 still runs",
    ]);
  });

  test("a second host waits until the first one's pods are back", async () => {
    const cluster = new Cluster({ leaving: [2] });
    await expect(before(cluster, "a")).rejects.toThrow("the gate stands still");
    expect(cluster.said).toEqual(["waiting: kafka-2 may stop at any time, since its host is being taken out"]);
  });

  test("a sole replica passes as in a roll, and is named", async () => {
    const cluster = new Cluster();
    cluster.topics["single"] = { partitions: [[0]], config: {} };
    const { interrupts } = await before(cluster, "a");
    expect(interrupts).toEqual([expect.stringContaining("1 partition (single-0) has no replica in sync")]);
    expect(cluster.said).toContainEqual(expect.stringContaining("until a is back, 1 partition (single-0)"));
  });

  test("a topic's own min.insync.replicas counts", async () => {
    const cluster = new Cluster();
    cluster.topics["orders"]!.config = { "min.insync.replicas": "3" };
    expect((await before(cluster, "a")).interrupts).toEqual([expect.stringContaining("writes with acks=all wait")]);
  });

  describe("a host with a dedicated controller", () => {
    const controllers = ["d", "e", "f"];

    test("passes if the other voters are up to date, and its budget is told", async () => {
      const cluster = new Cluster({ controllers });
      expect(await before(cluster, "d")).toEqual({ pods: ["kafka-controller-0"], interrupts: [] });
      expect(cluster.patches[1]).toMatch(/^poddisruptionbudgets\/kafka-controller /);
      expect(cluster.said.join()).toContain("the active controller, node 1000, is among them");
    });

    test("waits while another voter is behind", async () => {
      const cluster = new Cluster({ controllers, down: [1002] });
      await expect(before(cluster, "e")).rejects.toThrow("the gate stands still");
      expect(cluster.said).toEqual([
        "waiting: kafka-controller-2 is not ready; the voter 1002 is behind the active controller",
      ]);
    });

    test("is refused if most voters are on it", async () =>
      expect(before(new Cluster({ controllers: ["d", "d", "e"] }), "d")).rejects.toThrow(/1 of 3 voters.*KK920/));

    test("is waited for until its controller follows", async () => {
      const cluster = new Cluster({ controllers, down: [1000] });
      cluster.areAllReady = true;
      cluster.onLook = (look) => look === 2 && cluster.down.clear();
      expect((await after(cluster, "d")).pods).toEqual(["kafka-controller-0"]);
      expect(cluster.down.size).toBe(0);
    });
  });

  describe("nodes whose stopping together is more than a roll", () => {
    const together = { hosts: ["a", "a", "b"] };

    test("are refused with what would be interrupted and the remedy, and stay evictable one at a time", async () => {
      const cluster = new Cluster(together);
      await expect(before(cluster, "a")).rejects.toThrow(
        /kafka-0, kafka-1 would stop together with a, and until it is back, 1 partition \(orders-0\).*1 of 3 voters.*kubectl annotate statefulset kafka --namespace kafka kubeadm-kafka\/may-interrupt=a.*KK920/,
      );
      expect(cluster.patches).toEqual([]);
    });

    test("pass if an administrator has permitted it for this host, and all of them may be evicted", async () => {
      const cluster = new Cluster({ ...together, annotations: { [PERMISSION]: "a" } });
      expect((await before(cluster, "a")).interrupts).toHaveLength(2);
      expect(marked(cluster)).toHaveLength(2);
    });

    test("are refused if the permission is for another host", async () =>
      expect(before(new Cluster({ ...together, annotations: { [PERMISSION]: "b" } }), "a")).rejects.toThrow("KK920"));
  });

  test("a pod elsewhere that can't start ends it with the reason", async () => {
    const cluster = new Cluster({ pending: [2] });
    letTimePass(cluster);
    await expect(before(cluster, "a")).rejects.toThrow(
      /kafka-2 can't start: node\(s\) were unschedulable\. `make health`.*KK921/,
    );
  });
});

describe("after a host is back", () => {
  test("it waits until its brokers serve, are in sync and follow, and then they lead again", async () => {
    const cluster = new Cluster({ pending: [0] });
    cluster.onLook = (look) => {
      if (look === 1) cluster.pending.clear();
      if (look === 2) cluster.down.clear();
    };
    expect((await after(cluster, "a")).pods).toEqual(["kafka-0"]);
    expect(cluster.elected).toHaveLength(1);
  });

  test("a ready pod isn't enough: its broker has to serve, with all of its replicas in sync and its vote", async () => {
    const cluster = new Cluster({ down: [0] });
    cluster.areAllReady = true;
    await expect(after(cluster, "a")).rejects.toThrow("the gate stands still");
  });

  test("it fails if they don't come back", async () =>
    expect(after(new Cluster({ down: [0] }), "a")).rejects.toThrow("the gate stands still"));

  test("a pod that still waits for its host ends it with the reason and the remedy", async () => {
    const cluster = new Cluster({ pending: [0] });
    letTimePass(cluster);
    await expect(after(cluster, "a")).rejects.toThrow(
      /kafka-0 can't start: node\(s\) were unschedulable\..*`kubectl uncordon a`.*KK922/,
    );
  });

  test("it doesn't wait for brokers on other hosts, nor for what they would lead", async () => {
    const cluster = new Cluster({ down: [2] });
    cluster.topics["led by 2"] = { partitions: [[2, 0, 1]], config: {} };
    expect((await after(cluster, "a")).pods).toEqual(["kafka-0"]);
  });

  test("it takes back the mark of pods that were not stopped, and the permission for this host", async () => {
    const cluster = new Cluster({ leaving: [0], annotations: { [PERMISSION]: "a" } });
    await after(cluster, "a");
    expect(cluster.patches).toEqual([
      `pods/kafka-0 {"metadata":{"labels":{"${LEAVING}":null}}}`,
      `statefulsets/kafka {"metadata":{"annotations":{"${PERMISSION}":null}}}`,
    ]);
  });

  test("the permission for another host stays", async () => {
    const cluster = new Cluster({ annotations: { [PERMISSION]: "b" } });
    await after(cluster, "a");
    expect(cluster.patches).toEqual([]);
  });
});

test.each([{}, { NODE: "", MOMENT: "before" }, { NODE: "a", MOMENT: "" }, { NODE: "a", MOMENT: "Before" }])(
  "a Job with %j is refused",
  (environment) => expect(() => nodeAndMoment(environment)).toThrow("KK923"),
);

test("a Job has its host and moment from its environment", () =>
  expect(nodeAndMoment({ NODE: "a", MOMENT: "after" })).toEqual({ node: "a", moment: "after" }));
