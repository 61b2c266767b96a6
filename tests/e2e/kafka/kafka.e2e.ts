import { randomInt } from "node:crypto";
import { versions } from "../../../components/artifacts/versions";
import { eventually } from "../../support/eventually";
import { Stack } from "../../support/stack";
import { Kubectl } from "../support/kubectl";
import { Report } from "../support/report";
import { story } from "../support/story";
import type { ClientSide } from "./clientPrograms";
import { killBroker, startHost, stopHost } from "./faults";
import { worstOf, type Liveness } from "./heartbeats";
import { killUps } from "./killedUps";
import { Load, outcomeOf, unharmed } from "./load";
import { compareWithBare } from "./perf";
import { randomNumbers } from "../../support/randomNumbers";
import { RunningKafka } from "./runningKafka";
import { stallsDuring, type Stalls } from "./stalls";

const stack = new Stack("e2e-kafka");
const report = new Report("kafka", "e2e-kafka");
/** Seed of the moments at which `up` is killed. To repeat a run, set the seed that it printed. */
const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
/** Number of kills in a growth, and in a shrink. */
const kills = Number(process.env.KILLS ?? 10);

/** Throughput of a broker in a pod, at least, divided by that of the same broker without Kubernetes. */
const POD_TO_BARE = 0.9;

/** Longest stall of a client during a planned roll, on hosts with one or two cores each. */
const LONGEST_STALL_SECONDS = 3;
/**
 * Longest delay of a record to a consumer group during a planned roll. 7 s were measured. A group that loses a member waits until its
 * session times out, which takes 45 s by default.
 */
const LONGEST_DELAY_SECONDS = 15;
/** A broker that is silent for this long is close to being fenced, which happens after 9 s (`broker.session.timeout.ms`). */
const NEARLY_FENCED_SECONDS = 6;

/** The hosts' racks: two hosts share one. */
const zones: Record<string, string> = { master: "a", "worker-1": "a", "worker-2": "b" };
const inZone = (host: string): object => ({ labels: { "topology.kubernetes.io/zone": zones[host] } });

story("Kafka changes under load and loses nothing", (step) => {
  let side: ClientSide;
  let kafka: RunningKafka;
  let kubectl: Kubectl;
  const loads: string[] = [];

  /**
   * Makes a change under a load on a separate topic. No record may be lost, and each has to reach the consumer group within
   * `delaySeconds`.
   */
  function stepUnderLoad(
    claim: string,
    { topic, replicas, delaySeconds = Infinity }: { topic: string; replicas: number; delaySeconds?: number },
    change: (load: Load) => Promise<unknown>,
  ): void {
    step(claim, async () => {
      let facts: unknown;
      const outcome = await Load.during(side, kafka, topic, replicas, async (load) => {
        facts = await change(load);
      });
      loads.push(topic);
      report.add(topic, { ...outcome, ...(facts as object | undefined) });
      console.log(
        `${claim}: longest stall ${outcome.longestStallSeconds} s, longest delay ${outcome.longestDelaySeconds} s, ` +
          `${outcome.acknowledged} records acknowledged`,
      );
      expect(outcome).toMatchObject(unharmed);
      expect(outcome.longestDelaySeconds).toBeLessThan(delaySeconds);
    });
  }

  /** Runs `up` and expects these brokers and this number of voters. */
  async function upTo(brokers: number, voters: number): Promise<{ seconds: number }> {
    const { seconds } = await stack.up();
    await isAsPlanned(brokers, voters);
    return { seconds };
  }

  async function isAsPlanned(brokers: number, voters: number): Promise<void> {
    const { verification } = await stack.outputs();
    expect(verification.brokers).toBe(brokers);
    expect(verification.voters).toHaveLength(voters);
    await kafka.isWhole(ids(brokers));
  }

  /** Expects that `up` is refused for this reason, and that the brokers are unchanged. */
  async function refused(reason: RegExp, brokers: number): Promise<void> {
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--stack", stack.name);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toMatch(reason);
    await kafka.isWhole(ids(brokers));
  }

  async function connect(): Promise<void> {
    const { kubeconfig, bootstrapServersOnNodes } = await stack.outputs();
    side = { container: containerOf("master"), bootstrapServers: bootstrapServersOnNodes };
    kubectl = new Kubectl(stack.name, kubeconfig);
    kafka = new RunningKafka(kubectl, side);
  }

  async function kill(pod: string): Promise<void> {
    const restarts = await kafka.restarts(pod);
    await killBroker(containerOf(await kafka.pod(pod, ".spec.nodeName")), pod);
    await kafka.restarted(pod, restarts);
    await kafka.isWhole(ids(3));
  }

  step("set-up: one broker of the previous version", async () => {
    await stack.clear();
    await stack.create({
      hosts: {
        containers: [
          { name: "master", role: "control-plane", address: "172.30.0.140", memory: "5g", ...inZone("master") },
          { name: "worker-1", address: "172.30.0.141", memory: "3g", ...inZone("worker-1") },
          { name: "worker-2", address: "172.30.0.142", memory: "3g", ...inZone("worker-2") },
        ],
      },
      kubernetes: { scheduleOnControlPlane: true },
      kafka: {
        heap: "256m",
        version: versions.kafkaBefore,
        outsidePort: 31090,
        security: {
          network: {
            clientNamespaces: ["default"], // the producer of stallsDuring runs there
            outsideRanges: ["172.30.0.0/24"], // this machine's address is the network's gateway
          },
        },
      },
    });
    await stack.up();
    await connect();
  });

  stepUnderLoad("1 -> 3 brokers and voters", { topic: "growth-1-3", replicas: 1 }, async () => {
    await stack.setConfig("kafka.brokers", "3");
    return upTo(3, 3);
  });

  step("brokers are in their hosts' racks, and a new topic's two replicas are in different racks", async () => {
    const racks = await kafka.racks();
    for (const id of ids(3)) expect(racks.get(id)).toBe(zones[await kafka.pod(`kafka-${id}`, ".spec.nodeName")]);
    expect(new Set(racks.values())).toEqual(new Set(["a", "b"]));
    const create = ["--create", "--topic"];
    await kafka.tool("kafka-topics.sh", ...create, "racks", "--partitions", "6", "--replication-factor", "2");
    expect(await kafka.racksOf("racks")).toEqual(Array(6).fill(["a", "b"]));
    // Both replicas in one rack: the growth has to correct this.
    const inOne = ids(3).filter((id) => racks.get(id) === "a");
    await kafka.tool("kafka-topics.sh", ...create, "one-rack", "--replica-assignment", inOne.join(":"));
    expect(await kafka.racksOf("one-rack")).toEqual([["a", "a"]]);
  });

  step("clients outside the cluster produce to all brokers and consume, without name resolution", async () => {
    const outputs = await stack.outputs();
    const outside: ClientSide = { bootstrapServers: outputs.kafka.bootstrapServersOutside! };
    const outcome = await Load.during(outside, kafka, "outside", 3, (load) => load.continues());
    report.add("outside", { ...outcome, bootstrapServers: outside.bootstrapServers });
    expect(outcome).toMatchObject(unharmed);
  });

  stepUnderLoad("3 -> 5 brokers", { topic: "growth-3-5", replicas: 3 }, async () => {
    await stack.setConfig("kafka.brokers", "5");
    return upTo(5, 3);
  });

  step("after growth no partition has all replicas in one rack", async () => {
    expect(await kafka.racksOf("racks")).toEqual(Array(6).fill(["a", "b"]));
    expect(await kafka.racksOf("one-rack")).toEqual([["a", "b"]]);
  });

  stepUnderLoad("5 -> 3 brokers", { topic: "shrink-5-3", replicas: 3 }, async () => {
    await stack.setConfig("kafka.brokers", "3");
    return upTo(3, 3);
  });

  step("fewer brokers than a topic has replicas are refused", async () => {
    await stack.setConfig("kafka.brokers", "2");
    await refused(/has 3 replicas.*but 2 brokers would be left/, 3);
    await stack.setConfig("kafka.brokers", "3");
    await upTo(3, 3);
  });

  const rolled = { replicas: 3, delaySeconds: LONGEST_DELAY_SECONDS };

  stepUnderLoad("a config change rolls every broker", { topic: "config", ...rolled }, async () => {
    const before = await kafka.podUids();
    await stack.setConfig('kafka.properties["num.io.threads"]', "6");
    const facts = await upTo(3, 3);
    const after = await kafka.podUids();
    expect(before.filter((uid) => after.includes(uid))).toEqual([]);
    const { settings } = await kafka.describe("num.io.threads");
    expect(Object.values(settings)).toEqual(Array(3).fill({ "num.io.threads": "6" }));
    return facts;
  });

  step("five rolls don't stall clients with default settings", async () => {
    const { bootstrapServers } = await stack.outputs();
    const rolls: Stalls[] = [];
    const livenesses: Liveness[] = [];
    for (let round = 0; round < 5; round++) {
      await stack.setConfig('kafka.properties["num.io.threads"]', String(7 + round));
      const roll = async () => livenesses.push(...(await kafka.livenessDuring(ids(3), () => upTo(3, 3))));
      rolls.push(await stallsDuring(side, kafka, kubectl, bootstrapServers, roll));
    }
    const summary = summaryOf(rolls);
    const liveness = worstOf(livenesses);
    report.add("rolls", { rolls, summary, liveness });
    console.log(`longest stalls of five rolls, in seconds: ${JSON.stringify(summary)}`);
    console.log(`longest that a broker that serves was silent: ${liveness.longestSilenceSeconds} s`);
    expect(liveness.fencedInService).toEqual([]);
    expect(liveness.longestSilenceSeconds).toBeLessThan(NEARLY_FENCED_SECONDS);
    for (const { median } of Object.values(summary)) expect(median).toBeLessThan(LONGEST_STALL_SECONDS);
  });

  stepUnderLoad(
    "a broken config stops at the first broker and says why",
    { topic: "broken-config", replicas: 3 },
    async () => {
      // The config's check can't know which classes the image has.
      const broken = 'kafka.properties["principal.builder.class"]';
      await stack.setConfig(broken, "com.example.Missing");
      const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(/kafka-\d can't start: [^]*principal\.builder\.class/);
      expect((await kafka.describe()).brokers).toHaveLength(2);
      await stack.removeConfig(broken);
      return upTo(3, 3);
    },
  );

  stepUnderLoad("a patch upgrade rolls every broker", { topic: "upgrade", ...rolled }, async () => {
    await stack.setConfig("kafka.version", versions.kafka);
    const facts = await upTo(3, 3);
    expect(await kafka.images()).toEqual([`docker.io/apache/kafka:${versions.kafka}`]);
    return { ...facts, from: versions.kafkaBefore, to: versions.kafka };
  });

  step("a downgrade is refused", async () => {
    await stack.setConfig("kafka.version", versions.kafkaBefore);
    await refused(new RegExp(`${versions.kafka}[^]*${versions.kafkaBefore}`), 3);
    await stack.setConfig("kafka.version", versions.kafka);
  });

  step(
    "a change of the brokers' defaults that would delete records is refused before a broker is replaced",
    async () => {
      const retention = 'kafka.properties["log.retention.hours"]';
      const pods = new Set(await kafka.podUids());
      await stack.setConfig(retention, "24");
      const refusal = /retention\.ms from 604800000 to 86400000.*KK814/;
      await refused(refusal, 3);
      const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
      expect(code).not.toBe(0);
      expect(stdout + stderr).toMatch(refusal);
      expect(new Set(await kafka.podUids())).toEqual(pods);

      await stack.setConfig("kafka.allowRecordDeletion", "true");
      const preview = await stack.try("preview", "--stack", stack.name);
      expect(preview.stdout).toMatch(/Kafka may delete records of .*: retention\.ms from 604800000 to 86400000/);
      await stack.removeConfig("kafka.allowRecordDeletion");
      await stack.removeConfig(retention);
      await upTo(3, 3);
      expect(new Set(await kafka.podUids())).toEqual(pods);
    },
  );

  step(
    "topics match the config: made, adopted, grown, with more replicas, and kept when the config has none",
    async () => {
      const orders = "kafka.topics.orders";
      await stack.setConfig(`${orders}.partitions`, "6");
      await stack.setConfig(`${orders}.replicationFactor`, "2");
      await stack.setConfig(`${orders}.config["retention.ms"]`, "60000");
      // A step above made this topic, not the stack.
      const racks = ["--entity-type", "topics", "--entity-name", "racks"];
      await kafka.tool("kafka-configs.sh", "--alter", ...racks, "--add-config", "segment.ms=3600000");
      await stack.setConfig("kafka.topics.racks.partitions", "6");
      await stack.setConfig("kafka.topics.racks.replicationFactor", "2");
      await stack.up();
      const config = { "retention.ms": "60000" };
      expect(await kafka.topic("orders")).toEqual({ replicas: Array(6).fill(2), config });
      expect(await kafka.topic("racks")).toEqual({ replicas: Array(6).fill(2), config: { "segment.ms": "3600000" } });

      await stack.setConfig(`${orders}.partitions`, "9");
      await stack.setConfig(`${orders}.replicationFactor`, "3");
      await stack.up();
      const grown = { replicas: Array(9).fill(3), config };
      expect(await kafka.topic("orders")).toEqual(grown);

      await stack.setConfig(`${orders}.partitions`, "4");
      await refused(/orders has 9 partitions and would be left with 4/, 3);
      expect(await kafka.topic("orders")).toEqual(grown);
      await stack.setConfig(`${orders}.partitions`, "9");

      await stack.setConfig(`${orders}.config["retention.ms"]`, "1000");
      await refused(/retention\.ms from 60000 to 1000.*KK810/, 3);
      expect(await kafka.topic("orders")).toEqual(grown);
      await stack.setConfig(`${orders}.config["retention.ms"]`, "60000");

      const topic = ["--entity-type", "topics", "--entity-name", "orders"];
      await kafka.tool("kafka-configs.sh", "--alter", ...topic, "--add-config", "retention.ms=1000");
      const { stdout } = await stack.try("preview", "--diff", "--stack", stack.name);
      expect(stdout).toMatch(/orders: retention\.ms is 1000, not 60000/);
      await stack.up();
      expect(await kafka.topic("orders")).toEqual(grown);
      expect((await stack.up()).changes).toEqual({});

      await stack.removeConfig("kafka.topics");
      await stack.up();
      expect(await kafka.topic("orders")).toEqual(grown);
    },
  );

  stepUnderLoad("a broker killed -9", { topic: "broker-killed", replicas: 3 }, async () => {
    const active = await kafka.activeController();
    await kill(`kafka-${(active + 1) % 3}`);
  });

  stepUnderLoad("the active controller killed -9", { topic: "controller-killed", replicas: 3 }, async () => {
    const active = await kafka.activeController();
    await kill(`kafka-${active}`);
    expect(await kafka.activeController()).not.toBe(active);
  });

  stepUnderLoad("a worker host stopped and started", { topic: "host-stopped", replicas: 3 }, async (load) => {
    const worker = containerOf("worker-1");
    const [broker] = await kafka.brokersOn("worker-1");
    await stopHost(worker);
    await kafka.misses(broker!);
    await load.continues();
    await startHost(worker);
    await kafka.isWhole(ids(3));
  });

  stepUnderLoad(
    `up killed -9 at ${kills} random moments of a growth and of a shrink (SEED=${seed})`,
    { topic: "ups-killed", replicas: 3 },
    async () => {
      const ups = await killUps(stack, {
        key: "kafka.brokers",
        values: [3, 4],
        kills,
        random: randomNumbers(seed),
        check: (brokers) => isAsPlanned(brokers, 3),
      });
      return { seed, ups };
    },
  );

  step("all records acknowledged so far are still there", async () => {
    for (const topic of loads) expect(await outcomeOf(side, kafka, topic)).toMatchObject(unharmed);
  });

  step("a broker in a pod is as fast as the same broker directly on its host", async () => {
    const comparison = await compareWithBare({
      host: containerOf(await kafka.pod("kafka-0", ".spec.nodeName")),
      pod: "kafka-0",
      podAddress: await kafka.pod("kafka-0", ".status.podIP"),
      limit: POD_TO_BARE,
    });
    report.add("producerPerfTest", comparison);
    console.log(`kafka-producer-perf-test: ${comparison.ratio.toFixed(2)} of the bare broker's throughput`);
    expect(comparison.ratio).toBeGreaterThanOrEqual(POD_TO_BARE);
  });

  step("set-up: a new Kafka with a dedicated controller and two volumes per broker", async () => {
    const urn = `urn:pulumi:${stack.name}::kubeadm-kafka::kubeadm-kafka:stacks:Platform$kubeadm-kafka:kafka:KafkaCluster::kafka`;
    await stack.destroy("--target", urn, "--target-dependents");
    await stack.setConfig("kafka.brokers", "2");
    await stack.setConfig("kafka.storage.volumes", "2");
    await stack.setConfig("kafka.controllers.count", "1");
    await stack.setConfig("kafka.controllers.heap", "256m");
    await stack.setConfig('kafka.properties["compression.type"]', "lz4");
    await stack.setConfig('kafka.properties["delete.topic.enable"]', "false");
    await stack.up();
    await connect();
    await isAsPlanned(2, 1);
  });

  step("brokers that compress with lz4 and delete no topics pass repeated verifications, with one topic", async () => {
    const topicThatStays = /The topic (kubeadm-kafka-verification-\S+) stays/;
    const { verification: first } = await stack.outputs();
    const [, topic] = topicThatStays.exec(first.warnings.join("\n"))!;
    expect((await stack.up("--replace", "**:Job::kafka-verification")).changes).toEqual({ replaced: 1 });
    const { verification: second } = await stack.outputs();
    expect(topicThatStays.exec(second.warnings.join("\n"))![1]).toBe(topic);
    expect(Date.parse(second.madeAt)).toBeGreaterThan(Date.parse(first.madeAt));
  });

  step("brokers have replicas on each of their volumes", async () => {
    const directories = await kafka.logDirectories();
    expect(directories.map(({ length }) => length)).toEqual([2, 2]);
    for (const replicas of directories.flat()) expect(replicas).toBeGreaterThan(0);
  });

  step("a log directory that goes offline is reported, and doesn't block the roll that restores it", async () => {
    await kafka.closeLogDirectory("kafka-1", "/var/lib/kafka-1/data");
    await eventually(120, async () =>
      expect(await stack.health()).toMatchObject({ code: 2, report: expect.stringContaining("in sync") as string }),
    );
    expect((await kafka.describe()).brokers).toEqual(ids(2));
    await kafka.openLogDirectory("kafka-1", "/var/lib/kafka-1/data");
    await stack.setConfig('kafka.properties["num.io.threads"]', "5");
    await upTo(2, 1);
    for (const replicas of (await kafka.logDirectories()).flat()) expect(replicas).toBeGreaterThan(0);
    expect(await stack.health()).toMatchObject({ code: 0 });
  });

  for (const [key, before, after, storage] of [
    ["volumes", "2", "3", "3 x 10Gi"],
    ["size", "10Gi", "20Gi", "2 x 20Gi"],
  ] as const) {
    step(`another ${key} of brokers' volumes is refused`, async () => {
      await stack.setConfig(`kafka.storage.${key}`, after);
      await refused(new RegExp(`were made as 2 x 10Gi of class local-path and would be ${storage}.*KK802`), 2);
      await stack.setConfig(`kafka.storage.${key}`, before);
    });
  }

  step("an even number of controllers is refused", async () => {
    await stack.setConfig("kafka.controllers.count", "2");
    await refused(/kafka\.controllers\.count +2 survive no more than 1/, 2);
  });

  stepUnderLoad("1 -> 3 controllers", { topic: "controllers-1-3", replicas: 2 }, async () => {
    await stack.setConfig("kafka.controllers.count", "3");
    return upTo(2, 3);
  });

  stepUnderLoad("3 -> 1 controllers", { topic: "controllers-3-1", replicas: 2 }, async () => {
    await stack.setConfig("kafka.controllers.count", "1");
    return upTo(2, 1);
  });

  step.cleanUp(async () => {
    await stack.end();
    stack.remove();
  });
});

/** The median and the worst of the rolls' stalls, by client. */
function summaryOf(rolls: readonly Stalls[]): Record<keyof Stalls, { median: number; worst: number }> {
  const stallsOf = (client: keyof Stalls) => {
    const sorted = rolls.map((roll) => roll[client]).sort((a, b) => a - b);
    return { median: sorted[Math.floor(sorted.length / 2)]!, worst: sorted.at(-1)! };
  };
  return { java: stallsOf("java"), librdkafka: stallsOf("librdkafka"), kafkajs: stallsOf("kafkajs") };
}

function containerOf(node: string): string {
  return `${stack.name}-${node}`;
}

function ids(count: number): number[] {
  return Array.from({ length: count }, (_, id) => id);
}
