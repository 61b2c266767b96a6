import { setTimeout } from "node:timers/promises";

import { eventually } from "../../support/eventually";
import { type Batch, batchWith } from "./batches";
import { askProgram, type ClientSide } from "./clientPrograms";
import { livenessIn, type Liveness } from "./heartbeats";
import type { EpochOf } from "./judge";
import type { Kubectl } from "../support/kubectl";

/** Time in which the replaced pods' logs have to end after the change. A pod's log ends with the pod. */
const REPLACED_MS = 60_000;

export interface PartitionState {
  topic: string;
  partition: number;
  leader: number;
  replicas: number[];
  inSync: number[];
}

/** Output of describe.py. */
export interface KafkaState {
  /** Ids of the brokers that are up. */
  brokers: number[];
  partitions: PartitionState[];
  /** Values of the requested settings, by broker. */
  settings: Record<string, Record<string, string>>;
}

/** Access of tests to a stack's Kafka. */
export class RunningKafka {
  constructor(
    private readonly kubectl: Kubectl,
    private readonly side: ClientSide,
  ) {}

  describe(...settings: readonly string[]): Promise<KafkaState> {
    return askProgram(this.side.container, "describe.py", this.side.bootstrapServers, ...settings);
  }

  /** Each broker's rack, as the broker reports it. */
  async racks(): Promise<Map<number, string>> {
    const { settings } = await this.describe("broker.rack");
    return new Map(Object.entries(settings).map(([id, values]) => [Number(id), values["broker.rack"]!]));
  }

  /** The racks of each partition's replicas, for a topic. */
  async racksOf(topic: string): Promise<string[][]> {
    const [racks, { partitions }] = [await this.racks(), await this.describe()];
    const replicasOf = partitions.filter((each) => each.topic === topic).map(({ replicas }) => replicas);
    return replicasOf.map((ids) => ids.map((id) => racks.get(id)!).sort());
  }

  /** Number of replicas in each log directory of each broker. */
  async logDirectories(): Promise<number[][]> {
    const printed = await this.tool("kafka-log-dirs.sh", "--describe");
    const { brokers } = JSON.parse(/^\{.*\}$/m.exec(printed)![0]) as {
      brokers: { logDirs: { partitions: unknown[] }[] }[];
    };
    return brokers.map(({ logDirs }) => logDirs.map(({ partitions }) => partitions.length));
  }

  /** Makes a log directory read-only for its broker, which takes it offline as if its disk had failed. */
  async closeLogDirectory(pod: string, path: string): Promise<void> {
    await this.exec(pod, "chmod", "u-w", path);
  }

  /** Makes the directory writable again. The broker uses it after a restart. */
  async openLogDirectory(pod: string, path: string): Promise<void> {
    await this.exec(pod, "chmod", "u+w", path);
  }

  /** Waits until exactly these brokers are up, no others have replicas, and every replica is in sync. */
  async isWhole(brokers: readonly number[]): Promise<KafkaState> {
    return eventually(240, async () => {
      const state = await this.describe();
      if (String(state.brokers) !== String(brokers)) throw new Error(`brokers ${String(state.brokers)} are up`);
      const behind = state.partitions.filter(({ replicas, inSync }) => replicas.length !== inSync.length);
      const astray = state.partitions.filter(({ replicas }) => replicas.some((id) => !brokers.includes(id)));
      if (behind.length + astray.length > 0) throw new Error(`not in place: ${JSON.stringify([...behind, ...astray])}`);
      return state;
    });
  }

  /** Waits until the cluster has noticed that a broker is down, and other brokers lead its partitions. */
  async misses(broker: number): Promise<void> {
    await eventually(120, async () => {
      const { partitions } = await this.describe();
      const kept = partitions.filter(({ inSync, replicas }) => replicas.length > 1 && inSync.includes(broker));
      if (kept.length > 0) throw new Error(`broker ${broker} still counts as in sync: ${JSON.stringify(kept)}`);
    });
  }

  /**
   * Makes a change that replaces each of these brokers' pods, and returns how close they came to being fenced, from the logs of the
   * old and the new pods.
   */
  async livenessDuring(brokers: readonly number[], change: () => Promise<unknown>): Promise<Liveness[]> {
    const logs = (...options: string[]): Promise<string[]> =>
      Promise.all(brokers.map((id) => this.kubectl.run("logs", `kafka-${id}`, "--namespace", "kafka", ...options)));
    const ofReplaced = logs("--follow", "--since=1s");
    ofReplaced.catch(() => undefined); // it is awaited below, after the change
    await change();
    const late = setTimeout(REPLACED_MS, undefined, { ref: false }).then(() => {
      throw new Error(`not each of the brokers' pods was replaced: ${brokers.join(", ")}`);
    });
    const before = await Promise.race([ofReplaced, late]);
    return [...before, ...(await logs())].map(livenessIn);
  }

  /** Id of the controller that leads the metadata quorum. */
  async activeController(): Promise<number> {
    const status = await this.tool("kafka-metadata-quorum.sh", "describe", "--status");
    return Number(/^LeaderId:\s+(\d+)$/m.exec(status)![1]);
  }

  /** Replicas of each partition of a topic, and the topic's own settings. */
  async topic(name: string): Promise<{ replicas: number[]; config: Record<string, string> }> {
    const { partitions } = await this.describe();
    const entity = ["--entity-type", "topics", "--entity-name", name];
    const described = await this.tool("kafka-configs.sh", "--describe", ...entity);
    return {
      replicas: partitions.filter(({ topic }) => topic === name).map(({ replicas }) => replicas.length),
      config: Object.fromEntries(
        [...described.matchAll(/^ +([a-z.]+)=(\S*)/gm)].map(([, key, value]) => [key!, value!]),
      ),
    };
  }

  /** Producer id and epoch of each record of a topic, from the leaders' log files. */
  async producerEpochs(topic: string): Promise<EpochOf> {
    const { partitions } = await this.describe();
    const batches = new Map<string, readonly Batch[]>();
    for (const { partition, leader } of partitions.filter((each) => each.topic === topic)) {
      const dump = `exec /opt/kafka/bin/kafka-dump-log.sh --files "$(echo /var/lib/kafka*/data/${topic}-${partition}/*.log | tr ' ' ,)"`;
      const printed = await this.exec(`kafka-${leader}`, "bash", "-c", dump);
      const found = printed.matchAll(/ lastOffset: (\d+) .* producerId: (-?\d+) producerEpoch: (-?\d+) /g);
      batches.set(
        String(partition),
        [...found].map(([, last, id, epoch]) => ({ lastOffset: Number(last), epoch: `${id}:${epoch}` })),
      );
    }
    return (partition, offset) => {
      const batch = batchWith(batches.get(partition) ?? [], offset);
      if (!batch)
        throw new Error(`the log of ${topic}-${partition} was read to offset ${offset}, but its files end before that`);
      return batch.epoch;
    };
  }

  /** Runs one of Kafka's own tools beside a broker. */
  tool(name: string, ...args: readonly string[]): Promise<string> {
    return this.exec("kafka-0", `/opt/kafka/bin/${name}`, "--bootstrap-server", "localhost:9092", ...args);
  }

  private exec(pod: string, ...command: readonly string[]): Promise<string> {
    return this.kubectl.run("exec", "--namespace", "kafka", pod, "--", ...command);
  }

  /** A field of a pod, by its JSONPath for kubectl. */
  pod(name: string, field: string): Promise<string> {
    return this.kubectl.run("get", "pod", name, "--namespace", "kafka", "--output", `jsonpath={${field}}`);
  }

  /** The pods' UIDs. They differ once the StatefulSet has replaced a pod. */
  async podUids(): Promise<string[]> {
    return (await this.pods("{.items[*].metadata.uid}")).split(" ");
  }

  /** Ids of the brokers on a Kubernetes node. */
  async brokersOn(node: string): Promise<number[]> {
    const names = await this.pods(`{.items[?(@.spec.nodeName=="${node}")].metadata.name}`);
    const pods = names.split(" ").filter(Boolean);
    return pods.map((name) => Number(name.split("-").at(-1)));
  }

  private pods(jsonPath: string): Promise<string> {
    const kafkas = ["--namespace", "kafka", "--selector", "app.kubernetes.io/name=kafka"];
    return this.kubectl.run("get", "pods", ...kafkas, "--output", `jsonpath=${jsonPath}`);
  }

  /** Images that the brokers run. */
  async images(): Promise<string[]> {
    return [...new Set((await this.pods("{.items[*].spec.containers[0].image}")).split(" "))];
  }

  async restarts(pod: string): Promise<number> {
    return Number(await this.pod(pod, ".status.containerStatuses[0].restartCount"));
  }

  /** Waits until a pod's container has restarted and is ready. */
  async restarted(pod: string, restartsBefore: number): Promise<void> {
    await eventually(120, async () => {
      const restarts = await this.restarts(pod);
      const ready = await this.pod(pod, ".status.containerStatuses[0].ready");
      if (restarts <= restartsBefore || ready !== "true") throw new Error(`${pod} isn't back: ${restarts}, ${ready}`);
    });
  }
}
