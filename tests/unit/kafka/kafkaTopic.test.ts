import * as pulumi from "@pulumi/pulumi";

import { KafkaCluster } from "../../../components/kafka/kafkaCluster";
import { KafkaTopic } from "../../../components/kafka/kafkaTopic";
import { planKafka } from "../../../components/kafka/plan/kafkaPlan";
import type { RunningTopics } from "../../../components/kafka/observed/runningTopics";
import { topicJobName } from "../../../components/kafka/plan/topicNames";
import { VerificationJob } from "../../../components/verification/verificationJob";
import { declaredBy, only } from "./declaredBy";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const jobOf = async (topic: string, running?: RunningTopics) => {
  const declared = await declaredBy(() => {
    const kafka = new KafkaCluster("kafka", { brokers: 3, storage: { className: "local-path" } });
    const config = { "retention.ms": 60000, "cleanup.policy": "compact", preallocate: false };
    const seen = running && { running: pulumi.output(running) };
    const topics = [new KafkaTopic(topic, { kafka, partitions: 6, replicationFactor: 2, config, ...seen })];
    new VerificationJob("verification", { kafka, after: topics });
  });
  return only(declared, "Job", topicJobName(planKafka("kafka", "kafka", 3), topic));
};

test("the Job gets the topic, with settings in Kafka's form", async () => {
  const { env } = (await jobOf("orders")).spec.template.spec.containers[0];
  expect(JSON.parse(env.find(({ name }: { name: string }) => name === "TASK").value)).toEqual({
    task: "topic",
    topic: {
      name: "orders",
      partitions: 6,
      replicationFactor: 2,
      config: { "retention.ms": "60000", "cleanup.policy": "compact", preallocate: "false" },
    },
    configuredSettings: "kafka-configured-settings",
    movesLease: "kafka-topic-moves",
    brokers: [0, 1, 2],
    bootstrapServers: "kafka-bootstrap.kafka.svc.cluster.local:9092",
    moveBytesPerSecond: 50_000_000,
  });
});

test("a ConfigMap exists as long as the config lists the topic, and its uid tells the Job's listing from earlier ones", async () => {
  const { env } = (await jobOf("orders")).spec.template.spec.containers[0];
  expect(env).toContainEqual({ name: "LISTING", value: "uid-of-kafka-topic-orders" });
});

test("topics' Jobs run in parallel, and again when Kafka has changed", async () => {
  const { metadata, spec } = await jobOf("orders");
  expect(metadata.labels["kubeadm-kafka/beside"]).toBe("topics");
  expect(spec.template.metadata.annotations["kubeadm-kafka/run-again-on"]).toBe(
    "uid-of-kafka-roll,uid-of-kafka-rebalance",
  );
});

test("drift is shown to people, and makes the Job run again", async () => {
  const run = {
    name: "before",
    program: "kafka-topic-orders",
    task: "",
    succeeded: false,
    drift: "orders: it isn't there",
  };
  const { metadata } = (await jobOf("orders", { runs: [run] })).spec.template;
  expect(metadata.annotations["kubeadm-kafka/drift"]).toBe("orders: it isn't there");
});

describe("a Job's name", () => {
  const nameFor = (topic: string) => topicJobName(planKafka("kafka", "kafka", 1), topic);

  test("is the topic's name if Kubernetes accepts that", () =>
    expect(nameFor("orders-2")).toBe("kafka-topic-orders-2"));

  test.each(["a.b", "a_b", "A-b", "a-", "-", "x".repeat(249), "..."])("is one that Kubernetes accepts: %s", (topic) =>
    // Pulumi appends nine characters.
    expect(nameFor(topic)).toMatch(/^(?=.{1,54}$)[a-z0-9]([a-z0-9-]*[a-z0-9])$/),
  );

  test("differs for each topic", () => {
    const names = ["a-b", "a.b", "A-b", "a-b-", `${"x".repeat(60)}1`, `${"x".repeat(60)}2`].map(nameFor);
    expect(new Set(names).size).toBe(names.length);
  });
});
