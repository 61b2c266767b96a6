import * as pulumi from "@pulumi/pulumi";

import { KafkaCluster } from "../../../components/kafka/kafkaCluster";
import { KafkaUser } from "../../../components/kafka/kafkaUser";
import { KafkaUserList } from "../../../components/kafka/kafkaUserList";
import type { RunningUsers } from "../../../components/kafka/observed/runningUsers";
import { declaredBy, only } from "./declaredBy";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const acls = [{ resource: "Topic", name: "orders", operations: ["Read", "Write"], hosts: ["*", "10.0.0.4"] } as const];
const declared = (running?: RunningUsers) =>
  declaredBy(() => {
    const kafka = new KafkaCluster("kafka", { brokers: 3, storage: { className: "local-path" } });
    const list = new KafkaUserList("users", { kafka, names: ["orders", "billing"] });
    const kubeconfig = pulumi.output(pulumi.unknown as unknown as string);
    const seen = running && { running: pulumi.output(running) };
    new KafkaUser("orders", { kafka, list, kubeconfig, acls, quotas: { producerBytesPerSecond: 7 }, ...seen });
  });
const envOf = (job: any) => job.spec.template.spec.containers[0].env;
const taskOf = (job: any) => JSON.parse(envOf(job).find(({ name }: { name: string }) => name === "TASK").value);

test("the Job gets the user, with an ACL for each operation and each host, and quotas by Kafka's names", async () => {
  const acl = { resource: "Topic", name: "orders", pattern: "literal", permission: "Allow" };
  expect(taskOf(only(await declared(), "Job", "kafka-user-orders"))).toEqual({
    task: "user",
    user: {
      name: "orders",
      acls: [
        { ...acl, operation: "Read", host: "*" },
        { ...acl, operation: "Read", host: "10.0.0.4" },
        { ...acl, operation: "Write", host: "*" },
        { ...acl, operation: "Write", host: "10.0.0.4" },
      ],
      quotas: { producer_byte_rate: 7 },
    },
    secret: "kafka-user-orders",
    users: "kafka-users",
    authorities: "kafka-authorities",
    bootstrapServers: "kafka-bootstrap.kafka.svc.cluster.local:9092",
    loginServers: "kafka-bootstrap.kafka.svc.cluster.local:9192",
  });
});

test("the Secret is declared without a password, and the Jobs' account may read and write this one", async () => {
  const all = await declared();
  expect(only(all, "Secret", "kafka-user-orders")).toEqual({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "kafka-user-orders", namespace: "kafka", labels: { "kubeadm-kafka/user": "orders" } },
    type: "Opaque",
  });
  expect(only(all, "Role", "kafka-user-orders").rules).toEqual([
    { apiGroups: [""], resources: ["secrets"], resourceNames: ["kafka-user-orders"], verbs: ["get", "patch"] },
  ]);
  expect(only(all, "RoleBinding", "kafka-user-orders").subjects).toEqual([
    { kind: "ServiceAccount", name: "kafka-changes", namespace: "kafka" },
  ]);
  const secretRules = all
    .filter(({ type }) => type.endsWith(":Role") || type.endsWith(":ClusterRole"))
    .flatMap(({ inputs }) => inputs.rules)
    .filter(({ resources }) => resources.includes("secrets"));
  expect(secretRules.every(({ resourceNames }) => resourceNames?.length === 1)).toBe(true);
});

test("the list's Job knows the users that are left, in an order of its own, and may write no other ConfigMap", async () => {
  const all = await declared();
  expect(taskOf(only(all, "Job", "kafka-users"))).toEqual({
    task: "users",
    cluster: "kafka",
    configured: ["billing", "orders"],
    users: "kafka-users",
    bootstrapServers: "kafka-bootstrap.kafka.svc.cluster.local:9092",
  });
  expect(only(all, "ConfigMap", "kafka-users").data).toBeUndefined();
  expect(only(all, "Role", "kafka-users").rules).toEqual([
    { apiGroups: [""], resources: ["configmaps"], resourceNames: ["kafka-users"], verbs: ["get", "patch"] },
    { apiGroups: [""], resources: ["configmaps"], resourceNames: ["kafka-authorities"], verbs: ["get"] },
  ]);
});

test("users' Jobs run beside topics' and again when Kafka has changed", async () => {
  const all = await declared();
  for (const name of ["kafka-users", "kafka-user-orders"]) {
    const { metadata, spec } = only(all, "Job", name);
    expect(metadata.labels["kubeadm-kafka/beside"]).toBe("topics");
    expect(spec.template.metadata.annotations["kubeadm-kafka/run-again-on"]).toBe(
      "uid-of-kafka-roll,uid-of-kafka-rebalance",
    );
  }
});

test("drift is shown to people, and makes the Job run again", async () => {
  const run = { name: "before", program: "kafka-user-orders", task: "", succeeded: true, drift: "orders: something" };
  const { metadata } = only(await declared({ runs: [run] }), "Job", "kafka-user-orders").spec.template;
  expect(metadata.annotations["kubeadm-kafka/drift"]).toBe("orders: something");
});
