import { eventually } from "../../support/eventually";
import { Stack } from "../../support/stack";
import { RunningKafka } from "../kafka/runningKafka";
import { Kubectl } from "../support/kubectl";
import { story } from "../support/story";

const stack = new Stack("e2e-by-hand");
const RECORDS = 1000;
const TOPICS = ["alone", "shared"];

story("what people do to Kafka by hand, and while a broker is down", (step) => {
  let kafka: RunningKafka;
  let kubectl: Kubectl;
  let host: string;

  async function findKafka(): Promise<void> {
    const { bootstrapServersOnNodes: bootstrapServers } = await stack.outputs();
    kafka = new RunningKafka(kubectl, { container: `${stack.name}-master`, bootstrapServers });
  }

  /** Records in a topic of one partition. */
  async function recordsOf(topic: string): Promise<number> {
    const printed = await kafka.tool("kafka-get-offsets.sh", "--topic", topic);
    return Number(new RegExp(`^${topic}:0:(\\d+)$`, "m").exec(printed)![1]);
  }

  async function isWell(...brokers: number[]): Promise<void> {
    await kafka.isWhole(brokers);
    for (const topic of TOPICS) expect(await recordsOf(topic)).toBe(RECORDS);
    expect(await stack.health()).toMatchObject({ code: 0 });
  }

  /** Runs `up`, and returns the output of its failure. */
  async function failedUp(): Promise<string> {
    const { code, stdout, stderr } = await stack.try("up", "--yes", "--skip-preview", "--stack", stack.name);
    expect(code).not.toBe(0);
    return stdout + stderr;
  }

  step("set-up: four brokers, and a topic with its only replica on the last one", async () => {
    await stack.clear();
    await stack.create({
      hosts: {
        containers: [
          { name: "master", role: "control-plane", address: "172.30.0.140", memory: "5g" },
          { name: "worker", address: "172.30.0.141", memory: "3g" },
        ],
      },
      kubernetes: { scheduleOnControlPlane: true },
      kafka: { brokers: 4, heap: "256m" },
    });
    await stack.up();
    kubectl = new Kubectl(stack.name, (await stack.outputs()).kubeconfig);
    await findKafka();
    await kafka.tool("kafka-topics.sh", "--create", "--topic", "alone", "--replica-assignment", "3");
    await kafka.tool("kafka-topics.sh", "--create", "--topic", "shared", "--replica-assignment", "3:0:1");
    for (const topic of TOPICS) {
      const amount = ["--num-records", String(RECORDS), "--record-size", "100", "--throughput", "-1"];
      await kafka.tool("kafka-producer-perf-test.sh", "--topic", topic, ...amount);
    }
    expect(await recordsOf("alone")).toBe(RECORDS);
    host = await kafka.pod("kafka-3", ".spec.nodeName");
  });

  step("a broker whose volume would be deleted is not removed while it is down, and nothing is moved", async () => {
    await kubectl.run("cordon", host);
    await kubectl.run("delete", "pod", "kafka-3", "--namespace", "kafka");
    await kafka.misses(3);
    const { partitions: before } = await kafka.describe();
    await stack.setConfig("kafka.storage.ofRemovedBrokers", "delete");
    await stack.setConfig("kafka.brokers", "3");
    expect(await failedUp()).toMatch(
      /brokers to be removed don't serve, and their volumes would be deleted: 3\b[^]*KK870/,
    );
    const { partitions: after } = await kafka.describe();
    const replicasOf = (all: typeof after) =>
      all.map(({ topic, partition, replicas }) => ({ topic, partition, replicas }));
    expect(replicasOf(after)).toEqual(replicasOf(before));
    expect(await kafka.pod("kafka-3", ".status.phase")).toBe("Pending");
  });

  step("nor is it removed if its volume is kept, since it has the only records of a topic", async () => {
    await stack.removeConfig("kafka.storage.ofRemovedBrokers");
    expect(await failedUp()).toMatch(/1 partitions have no leader, such as alone-0, [^]*KK872/);
    expect(await kafka.pod("kafka-3", ".status.phase")).toBe("Pending");
  });

  step("it comes back with its volume and its records", async () => {
    await kubectl.run("uncordon", host);
    await stack.setConfig("kafka.brokers", "4");
    await stack.up();
    await isWell(0, 1, 2, 3);
  });

  step("once it serves it is removed, and its records are on the others", async () => {
    await stack.setConfig("kafka.brokers", "3");
    await stack.up();
    await isWell(0, 1, 2);
  });

  step("pods that somebody has added with `kubectl scale` are removed, once", async () => {
    await kubectl.run("scale", "statefulset", "kafka", "--namespace", "kafka", "--replicas", "5");
    // Without the Services that only the program makes, these brokers don't serve.
    await eventually(60, () => kafka.pod("kafka-4", ".metadata.uid"));
    await stack.up();
    await isWell(0, 1, 2);
    expect((await stack.up()).changes).toEqual({});
  });

  step(
    "somebody deletes the StatefulSet: `up` isn't green, and a refresh and `up` make it again with its records",
    async () => {
      await kubectl.run("delete", "statefulset", "kafka", "--namespace", "kafka");
      expect(await stack.health()).not.toMatchObject({ code: 0 });
      expect(await failedUp()).toMatch(/somebody has deleted the StatefulSet kafka\. [^]*KK827/);
      expect(await stack.try("refresh", "--yes", "--skip-preview", "--stack", stack.name)).toMatchObject({ code: 0 });
      await stack.up();
      await isWell(0, 1, 2);
    },
  );

  step(
    "somebody deletes the namespace: `up` isn't green, and `up --refresh` makes it again with its records",
    async () => {
      await kubectl.run("delete", "namespace", "kafka");
      expect(await failedUp()).toMatch(/somebody has deleted the StatefulSet kafka\. [^]*KK827/);
      await stack.up("--refresh");
      await findKafka(); // the new Service has another address
      await isWell(0, 1, 2);
      expect((await stack.up()).changes).toEqual({});
    },
  );

  step.cleanUp(async () => {
    await stack.end();
    stack.remove();
  });
});
