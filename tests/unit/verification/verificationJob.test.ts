import * as path from "path";
import * as vm from "vm";
import { gunzipSync } from "zlib";
import { KafkaCluster, type KafkaClusterArgs } from "../../../components/kafka/kafkaCluster";
import { bundleProgram } from "../../../components/programs/bundle";
import { VerificationJob } from "../../../components/verification/verificationJob";
import { declaredBy, only } from "../kafka/declaredBy";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const declare = (changes: Partial<KafkaClusterArgs> = {}) =>
  declaredBy(() => {
    const kafka = new KafkaCluster("kafka", { brokers: 3, storage: { className: "local-path" }, ...changes });
    new VerificationJob("verification", { kafka });
  });
const templateOf = async (changes: Partial<KafkaClusterArgs> = {}) =>
  only(await declare(changes), "Job", "kafka-verification").spec.template;

test("the pod may report onto Jobs of its namespace, end leftover runs and read pods, and nothing else", async () => {
  const declared = await declare();
  expect(only(declared, "Role", "kafka-verification").rules).toEqual([
    { apiGroups: ["batch"], resources: ["jobs"], verbs: ["list", "patch", "delete"] },
    { apiGroups: [""], resources: ["pods"], verbs: ["list"] },
  ]);
});

test("a failure is final at once, in a form that the provider recognizes", async () => {
  const job = only(await declare(), "Job", "kafka-verification");
  expect(job.spec.backoffLimit).toBe(0);
  expect(job.spec.podFailurePolicy).toBeUndefined();
  expect(job.metadata.annotations).toEqual({ "pulumi.com/replaceUnready": "true" });
});

test("the program gets the plan", async () => {
  const { env } = (await templateOf()).spec.containers[0];
  const { value } = env.find(({ name }: { name: string }) => name === "EXPECTATION");
  expect(JSON.parse(value)).toMatchObject({
    bootstrapServers: "kafka-bootstrap.kafka.svc.cluster.local:9092",
    clusterId: "by2KEJPES36KUQ2ePCt_Rg",
    brokers: [0, 1, 2],
    voters: [0, 1, 2],
    partitions: 6,
    replicationFactor: 3,
    minInsyncReplicas: 2,
    pods: { 0: "kafka-0", 1: "kafka-1", 2: "kafka-2" },
  });
});

test("it runs again when Kafka has changed, and its report names that change", async () => {
  const { metadata, spec } = await templateOf();
  const change = "uid-of-kafka-roll,uid-of-kafka-rebalance";
  expect(metadata.annotations["kubeadm-kafka/run-again-on"]).toBe(change);
  const { value } = spec.containers[0].env.find(({ name }: { name: string }) => name === "EXPECTATION");
  expect(JSON.parse(value).change).toBe(change);
});

test("the Job's deadline is later than the verification's, which knows why it failed", async () => {
  const { spec } = only(await declare(), "Job", "kafka-verification");
  const { value } = spec.template.spec.containers[0].env.find(({ name }: { name: string }) => name === "EXPECTATION");
  expect(spec.activeDeadlineSeconds).toBeGreaterThan(JSON.parse(value).longestSeconds);
});

const program = path.join(__dirname, "../../../components/verification/inPod/main.ts");

test("the bundle is a program, reproducible, and much smaller than a ConfigMap may be", async () => {
  const bundle = await bundleProgram(program);
  expect(() => new vm.Script(gunzipSync(Buffer.from(bundle, "base64")).toString())).not.toThrow();
  expect(await bundleProgram(program)).toBe(bundle);
  expect(bundle.length).toBeLessThan(200_000);
});
