import { KafkaCluster, type KafkaClusterArgs } from "../../../components/kafka/kafkaCluster";
import { declaredBy, only } from "./declared";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const declare = (changes: Partial<KafkaClusterArgs> = {}) =>
  declaredBy(() => new KafkaCluster("kafka", { brokers: 3, storage: { className: "local-path" }, ...changes }));
const configOf = async (changes: Partial<KafkaClusterArgs>) =>
  only(await declare(changes), "ConfigMap", "kafka-config");

test("it declares one object of each, with the names that clients and volumes rely on", async () => {
  const objects = (await declare()).map(
    ({ type, inputs }) => `${type.split(":").pop()} ${inputs.metadata.name ?? "?"}`,
  );
  expect(objects.sort()).toEqual([
    "ConfigMap ?",
    "ConfigMap kafka-formed",
    "Namespace kafka",
    "PodDisruptionBudget kafka",
    "Service kafka-bootstrap",
    "Service kafka-headless",
    "StatefulSet kafka",
    "ValidatingAdmissionPolicy kafka-kafka-loses-nothing",
    "ValidatingAdmissionPolicyBinding kafka-kafka-loses-nothing",
  ]);
});

test("voters find each other before they are ready", async () => {
  const declared = await declare();
  expect(only(declared, "StatefulSet").spec.podManagementPolicy).toBe("Parallel");
  expect(only(declared, "Service", "kafka-headless").spec).toMatchObject({
    clusterIP: "None",
    publishNotReadyAddresses: true,
  });
});

test("pods have the namespace's id as cluster id", async () => {
  const { env } = only(await declare(), "StatefulSet").spec.template.spec.containers[0];
  expect(env).toContainEqual({ name: "CLUSTER_ID", value: "by2KEJPES36KUQ2ePCt_Rg" });
});

test("a changed property changes the config, growing from three to five doesn't", async () => {
  const config = await configOf({});
  expect(await configOf({ brokers: 5 })).toEqual(config);
  expect(await configOf({ properties: { "num.io.threads": 2 } })).not.toEqual(config);
});

test("storage is told by an annotation, for the guard to compare", async () => {
  const { metadata, spec } = only(await declare({ storage: { className: "fast", size: "1Gi" } }), "StatefulSet");
  expect(metadata.annotations).toEqual({ "kubeadm-kafka/storage": "1Gi of class fast" });
  expect(spec.volumeClaimTemplates[0].spec).toMatchObject({
    storageClassName: "fast",
    resources: { requests: { storage: "1Gi" } },
  });
});

test("a size that isn't given is the default, also where it is given as undefined", async () => {
  const { spec } = only(await declare({ storage: { className: "fast", size: undefined } }), "StatefulSet");
  expect(spec.volumeClaimTemplates[0].spec.resources.requests.storage).toBe("10Gi");
});

test("memory follows the heap, and what a user gives stands beside the defaults", async () => {
  const { resources } = only(
    await declare({ heap: "1g", resources: { requests: { cpu: "2" }, limits: { cpu: "3" } } }),
    "StatefulSet",
  ).spec.template.spec.containers[0];
  expect(resources).toEqual({
    requests: { cpu: "2", memory: "1280Mi" },
    limits: { cpu: "3", memory: "1536Mi" },
  });
});
