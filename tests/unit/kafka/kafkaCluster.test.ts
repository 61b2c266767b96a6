import { readFileSync } from "node:fs";
import * as path from "node:path";

import * as pulumi from "@pulumi/pulumi";

import type { ChangeTask } from "../../../components/kafka/changes/task";
import { KafkaCluster, type KafkaClusterArgs } from "../../../components/kafka/kafkaCluster";
import { declaredBy, only, type Declared } from "./declaredBy";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const declare = (changes: Partial<KafkaClusterArgs> = {}) =>
  declaredBy(() => new KafkaCluster("kafka", { brokers: 3, storage: { className: "local-path" }, ...changes }));
const configOf = async (changes: Partial<KafkaClusterArgs>) =>
  only(await declare(changes), "ConfigMap", "kafka-config");

test("it declares each object once, with the names that clients and volumes rely on", async () => {
  const objects = (await declare()).map(
    ({ type, inputs }) => `${type.split(":").pop()} ${inputs.metadata.name ?? "?"}`,
  );
  expect(objects.sort()).toEqual([
    "ClusterRole kubeadm-kafka:kafka:volumes",
    "ClusterRoleBinding kubeadm-kafka:kafka:volumes",
    "ConfigMap ?",
    "ConfigMap ?",
    "ConfigMap kafka-addresses",
    "ConfigMap kafka-configured-settings",
    "ConfigMap kafka-formed",
    "ConfigMap kafka-kafka-cluster-id",
    "CronJob kafka-gate",
    "Job ?",
    "Job ?",
    "Job ?",
    "Namespace kafka",
    "PodDisruptionBudget kafka",
    "PriorityClass kafka-kafka",
    "Role kafka-changes",
    "RoleBinding kafka-changes",
    "Service kafka-0",
    "Service kafka-0-quorum",
    "Service kafka-1",
    "Service kafka-1-quorum",
    "Service kafka-2",
    "Service kafka-2-quorum",
    "Service kafka-bootstrap",
    "Service kafka-headless",
    "ServiceAccount kafka-changes",
    "StatefulSet kafka",
    "ValidatingAdmissionPolicy kafka-kafka-jobs-keep-volumes",
    "ValidatingAdmissionPolicy kafka-kafka-jobs-only-mark",
    "ValidatingAdmissionPolicy kafka-kafka-loses-nothing",
    "ValidatingAdmissionPolicyBinding kafka-kafka-jobs-keep-volumes",
    "ValidatingAdmissionPolicyBinding kafka-kafka-jobs-only-mark",
    "ValidatingAdmissionPolicyBinding kafka-kafka-loses-nothing",
  ]);
});

/**
 * Why a pod isn't `restricted`.
 *
 * @see https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted
 */
function whyNotRestricted({ spec }: { spec: any }): string[] {
  const allowed = ["configMap", "secret", "persistentVolumeClaim", "emptyDir", "projected", "downwardAPI"];
  const volumes = (spec.volumes ?? []).flatMap((volume: object) => Object.keys(volume).filter((key) => key !== "name"));
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  return [
    ...["hostNetwork", "hostPID", "hostIPC"].filter((name) => spec[name]),
    ...volumes.filter((kind: string) => !allowed.includes(kind)),
    ...(spec.securityContext.runAsNonRoot ? [] : ["runAsNonRoot"]),
    ...(spec.securityContext.seccompProfile?.type === "RuntimeDefault" ? [] : ["seccompProfile"]),
    ...containers.flatMap(({ name, ports = [], securityContext }) => [
      ...(securityContext.allowPrivilegeEscalation === false ? [] : [`${name} allowPrivilegeEscalation`]),
      ...(securityContext.capabilities.drop.includes("ALL") ? [] : [`${name} capabilities`]),
      ...ports.filter(({ hostPort }: { hostPort?: number }) => hostPort).map(() => `${name} hostPort`),
    ]),
  ];
}

test("all pods are restricted, and others that get root's rights on their host are refused", async () => {
  const declared = await declare({ controllers: { count: 3, size: "1Gi", heap: "512m" }, outsidePort: 31000 });
  const pods = declared.filter(({ type }) => /:(StatefulSet|Job|Deployment|DaemonSet|CronJob|Pod)$/.test(type));
  expect(pods.length).toBeGreaterThan(3);
  for (const { name, inputs } of pods)
    expect([name, ...whyNotRestricted((inputs.spec.jobTemplate?.spec ?? inputs.spec).template)]).toEqual([name]);
  expect(only(declared, "Namespace").metadata.labels).toEqual({
    "pod-security.kubernetes.io/enforce": "baseline",
    "pod-security.kubernetes.io/warn": "restricted",
    "pod-security.kubernetes.io/audit": "restricted",
  });
});

test("a node that returns to its volume's host finds room before others' pods, and a Job waits", async () => {
  const declared = await declare({ controllers: { count: 3 } });
  const { metadata, value, ...others } = only(declared, "PriorityClass");
  expect(value).toBeGreaterThan(0);
  // From here on, Kubernetes refuses a class of others.
  expect(value).toBeLessThanOrEqual(1_000_000_000);
  // Pods of others have none by it, and preemption is the default.
  expect(Object.keys(others).filter((key) => /globalDefault|preemptionPolicy/.test(key))).toEqual([]);
  for (const set of ["kafka", "kafka-controller"])
    expect(only(declared, "StatefulSet", set).spec.template.spec.priorityClassName).toBe(metadata.name);
  const jobs = declared.filter(({ type }) => type.endsWith(":Job")).map(({ inputs }) => inputs.spec.template.spec);
  expect(jobs.filter(({ priorityClassName }) => priorityClassName !== undefined)).toEqual([]);
});

test("no program changes its image's files: what a broker writes beside its records is in a volume of its pod", async () => {
  const declared = await declare({ controllers: { count: 3 } });
  const pods = declared.filter(({ type }) => /:(StatefulSet|Job|CronJob)$/.test(type));
  const containers = pods.flatMap(
    ({ inputs }) => (inputs.spec.jobTemplate?.spec ?? inputs.spec).template.spec.containers,
  );
  expect(containers.length).toBeGreaterThan(4);
  for (const { name, securityContext } of containers)
    expect([name, securityContext.readOnlyRootFilesystem]).toEqual([name, true]);
  for (const set of ["kafka", "kafka-controller"]) {
    const { volumes, containers } = only(declared, "StatefulSet", set).spec.template.spec;
    const [{ name }] = containers[0].volumeMounts.filter(({ mountPath }: any) => mountPath === "/tmp");
    expect(volumes).toContainEqual({ name, emptyDir: {} });
    expect(containers[0].env).toContainEqual({ name: "LOG_DIR", value: "/tmp/logs" });
  }
  const launcher = readFileSync(path.join(__dirname, "../../../components/kafka/scripts/launch.sh"), "utf8");
  expect(launcher).toContain("PROPERTIES:=/tmp/");
});

describe("a closed Kafka", () => {
  const network = {
    clientNamespaces: [],
    outsideRanges: ["10.0.0.0/8"],
    brokerDestinations: [],
    apiServers: [],
    nodes: [],
    pods: "10.244.0.0/16",
  };

  test("refuses pods that aren't restricted, and has policies; an open one neither", async () => {
    const [closed, open] = [await declare({ network }), await declare()];
    const enforced = (declared: readonly Declared[]) =>
      only(declared, "Namespace").metadata.labels["pod-security.kubernetes.io/enforce"];
    const policies = (declared: readonly Declared[]) => declared.filter(({ type }) => type.endsWith(":NetworkPolicy"));
    expect([enforced(closed), enforced(open)]).toEqual(["restricted", "baseline"]);
    expect([policies(closed).length, policies(open).length]).toEqual([4, 0]);
  });

  test("gets clients' own addresses to see: only a broker's host opens its port outside", async () => {
    const [closed, open] = [await declare({ network, outsidePort: 31000 }), await declare({ outsidePort: 31000 })];
    const policyOf = (declared: readonly Declared[]) =>
      only(declared, "Service", "kafka-0-outside").spec.externalTrafficPolicy;
    expect([policyOf(closed), policyOf(open)]).toEqual(["Local", undefined]);
  });

  test("knows its Jobs by their pods' label", async () => {
    const declared = await declare({ network });
    const templates = declared
      .filter(({ type }) => /:(Job|CronJob)$/.test(type))
      .map(({ name, inputs }) => [name, (inputs.spec.jobTemplate?.spec ?? inputs.spec).template.metadata.labels]);
    expect(templates).toHaveLength(4);
    for (const [name, labels] of templates) expect(labels).toEqual({ "kubeadm-kafka/program": name });
  });
});

const serviceNames = (declared: readonly Declared[]): string[] =>
  declared.filter(({ type }) => type.endsWith(":Service")).map(({ name }) => name);

test("each broker has a Service of its own, and each voter one that leads to it before it is ready", async () => {
  const declared = await declare({ brokers: 2 });
  const set = only(declared, "StatefulSet");
  expect(set.spec.podManagementPolicy).toBe("Parallel");
  const selector = { ...set.spec.selector.matchLabels, "statefulset.kubernetes.io/pod-name": "kafka-0" };
  const ports = [
    { name: "cluster", port: 9092 },
    { name: "nodes", port: 9094 },
  ];
  expect(only(declared, "Service", "kafka-0").spec).toEqual({ selector, ports });
  expect(only(declared, "Service", "kafka-0-quorum").spec).toEqual({
    selector,
    ports: [{ name: "controller", port: 9093 }],
    publishNotReadyAddresses: true,
  });
  expect(only(declared, "Service", "kafka-1").spec.ports).toEqual(ports);
  expect(serviceNames(declared)).not.toContain("kafka-1-quorum");
});

test("only other nodes of the quorum reach dedicated controllers", async () => {
  const names = serviceNames(await declare({ controllers: { count: 1 } }));
  expect(names).toEqual(expect.arrayContaining(["kafka-controller-0-quorum", "kafka-0"]));
  expect(names).not.toContain("kafka-controller-0");
  expect(names).not.toContain("kafka-0-quorum");
});

test("a recovery of logs may take days before the broker's probe kills it", async () => {
  const [{ startupProbe }] = only(await declare(), "StatefulSet").spec.template.spec.containers;
  expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(3 * 24 * 3600);
});

test("a pod's network outlives its server until every node knows that the pod isn't ready", async () => {
  const [{ env, readinessProbe }] = only(await declare(), "StatefulSet").spec.template.spec.containers;
  const outlives = Number(env.find(({ name }: { name: string }) => name === "OUTLIVE_SECONDS").value);
  expect(outlives).toBeGreaterThan(readinessProbe.periodSeconds * readinessProbe.failureThreshold + 2);
});

test("names are looked up without search domains first, since one may answer any name", async () => {
  const { dnsConfig } = only(await declare(), "StatefulSet").spec.template.spec;
  expect(dnsConfig).toEqual({ options: [{ name: "ndots", value: "1" }] });
});

test("a tool in a pod inherits no log settings from it", async () => {
  const { env } = only(await declare(), "StatefulSet").spec.template.spec.containers[0];
  expect(env.map(({ name }: { name: string }) => name)).not.toContain("KAFKA_LOG4J_OPTS");
});

test("pods have the namespace's id as cluster id", async () => {
  const { env } = only(await declare(), "StatefulSet").spec.template.spec.containers[0];
  expect(env).toContainEqual({ name: "CLUSTER_ID", value: "by2KEJPES36KUQ2ePCt_Rg" });
});

test("the id is kept outside the namespace, so that it outlives a deletion of that", async () => {
  const kept = only(await declare(), "ConfigMap", "kafka-cluster-id");
  expect(kept.metadata).toEqual({ name: "kafka-kafka-cluster-id", namespace: "kube-system" });
  expect(kept.data).toEqual({ clusterId: "by2KEJPES36KUQ2ePCt_Rg" });
});

test("a given id is the brokers' id", async () => {
  const { env } = only(await declare({ clusterId: "p8iz8I1nQ1qcTQvYp0BzJg" }), "StatefulSet").spec.template.spec
    .containers[0];
  expect(env).toContainEqual({ name: "CLUSTER_ID", value: "p8iz8I1nQ1qcTQvYp0BzJg" });
});

test("a changed property changes the config, growth from three to five brokers doesn't", async () => {
  const config = await configOf({});
  expect(await configOf({ brokers: 5 })).toEqual(config);
  expect(await configOf({ properties: { "num.io.threads": 2 } })).not.toEqual(config);
});

test("a user's min.insync.replicas and replication factor reach the Jobs that set them", async () => {
  const properties = { "min.insync.replicas": 3, "default.replication.factor": 5 };
  const jobs = (await declare({ brokers: 5, properties })).filter(({ type }) => type.endsWith(":Job"));
  const tasks = jobs.map(({ inputs }) => {
    const { env } = inputs.spec.template.spec.containers[0];
    return JSON.parse(env.find(({ name }: { name: string }) => name === "TASK").value);
  });
  expect(tasks.map(({ task }) => task).sort()).toEqual(["drain", "rebalance", "roll"]);
  tasks.forEach((task) => expect(task).toMatchObject({ minInsyncReplicas: 3, replicationFactor: 5 }));
});

describe("secrets among the properties", () => {
  const secretOf = (declared: Declared[]) => only(declared, "Secret", "kafka-secrets");
  const clear = (secret: unknown) => JSON.stringify(secret);
  const jaas = 'org.example.Login required password="hunter2";';
  const properties = { "listener.name.nodes.plain.sasl.jaas.config": jaas, "num.io.threads": 4 };

  test("are in a Secret and in no other object, as a secret of the state", async () => {
    const declared = await declare({ properties, secretProperties: true });
    const { stringData, immutable } = secretOf(declared);
    expect(stringData[pulumi.runtime.specialSigKey]).toBe(pulumi.runtime.specialSecretSig);
    expect(stringData.value["secret.properties"]).toBe(
      `listener.name.nodes.plain.sasl.jaas.config=${jaas}\nnum.io.threads=4\n`,
    );
    expect(immutable).toBe(true);
    const others = declared.filter(({ type }) => !type.endsWith(":Secret"));
    expect(clear(others)).not.toMatch(/hunter2|num\.io\.threads/);
  });

  test("include what Kafka defines as a password, whatever the stack's file says", async () => {
    const declared = await declare({ properties });
    expect(clear(secretOf(declared))).toContain("hunter2");
    const { data } = only(declared, "ConfigMap", "kafka-config");
    expect(data["common.properties"]).toContain("num.io.threads=4\n");
    expect(clear(declared.filter(({ type }) => !type.endsWith(":Secret")))).not.toContain("hunter2");
  });

  test.each([
    ["rlmm.config.admin.sasl.jaas.config", jaas],
    ["rsm.config.s3.secret.key", "hunter2"],
    ["listener.name.nodes.my.token", "hunter2"],
  ])("%s, which Kafka's definitions don't have, is one", async (name, value) => {
    const plugins = { "metric.reporters": "com.example.Reporter", [name]: value };
    const declared = await declare({ properties: plugins });
    expect(clear(secretOf(declared))).toContain(name);
    expect(only(declared, "ConfigMap", "kafka-config").data["common.properties"]).toContain("metric.reporters=");
    expect(clear(declared.filter(({ type }) => !type.endsWith(":Secret")))).not.toContain("hunter2");
  });

  test("reach the launcher by the Secret's own name, so that a change rolls the pods", async () => {
    const { containers, volumes } = only(await declare({ properties }), "StatefulSet").spec.template.spec;
    expect(volumes).toContainEqual({
      name: "secrets",
      secret: { secretName: "kafka-secrets-autonamed", defaultMode: 0o440 },
    });
    expect(containers[0].volumeMounts).toContainEqual({
      name: "secrets",
      mountPath: "/etc/kubeadm-kafka/secrets",
      readOnly: true,
    });
  });

  test("if there are none, neither a Secret nor its volume is declared", async () => {
    const declared = await declare({ properties: { "num.io.threads": 4 } });
    expect(clear(declared)).not.toMatch(/kafka-secrets|kubeadm-kafka\/secrets"/);
  });
});

test("an annotation has the storage settings, for the guard to compare", async () => {
  const { metadata, spec } = only(await declare({ storage: { className: "fast", size: "1Gi" } }), "StatefulSet");
  expect(metadata.annotations).toMatchObject({ "kubeadm-kafka/storage": "1Gi of class fast" });
  expect(spec.volumeClaimTemplates[0].spec).toMatchObject({
    storageClassName: "fast",
    resources: { requests: { storage: "1Gi" } },
  });
});

test("several volumes are separate claims and log directories, which the guard compares; controllers have one", async () => {
  const storage = { className: "fast", size: "1Gi", volumes: 2 };
  const declared = await declare({ storage, controllers: { count: 1 } });
  const { metadata, spec } = only(declared, "StatefulSet", "kafka");
  expect(metadata.annotations["kubeadm-kafka/storage"]).toBe("2 x 1Gi of class fast");
  expect(spec.volumeClaimTemplates.map(({ metadata }: any) => metadata.name)).toEqual(["data", "data-1"]);
  const [{ env, volumeMounts }] = spec.template.spec.containers;
  expect(env).toContainEqual({ name: "LOG_DIRS", value: "/var/lib/kafka/data,/var/lib/kafka-1/data" });
  expect(volumeMounts).toContainEqual({ name: "data-1", mountPath: "/var/lib/kafka-1" });
  expect(only(declared, "StatefulSet", "kafka-controller").spec.volumeClaimTemplates).toHaveLength(1);
});

test("a size that isn't set is the default, even if it is undefined", async () => {
  const { spec } = only(await declare({ storage: { className: "fast", size: undefined } }), "StatefulSet");
  expect(spec.volumeClaimTemplates[0].spec.resources.requests.storage).toBe("10Gi");
});

test("memory follows the heap, and a user's values override single defaults", async () => {
  const { resources } = only(
    await declare({ heap: "1g", resources: { requests: { cpu: "2" }, limits: { cpu: "3" } } }),
    "StatefulSet",
  ).spec.template.spec.containers[0];
  expect(resources).toEqual({
    requests: { cpu: "2", memory: "1280Mi" },
    limits: { cpu: "3", memory: "1536Mi" },
  });
});

describe("changes", () => {
  const taskOf = (declared: Declared[], name: string) => {
    const { env } = only(declared, "Job", name).spec.template.spec.containers[0];
    return JSON.parse(env.find(({ name }: { name: string }) => name === "TASK").value);
  };

  test("each Job gets the whole plan", async () => {
    const declared = await declare({ moveMegabytesPerSecond: 7 });
    for (const task of ["drain", "roll", "rebalance"]) {
      expect(taskOf(declared, `kafka-${task}`)).toEqual({
        task,
        namespace: "kafka",
        bootstrapServers: "kafka-bootstrap.kafka.svc.cluster.local:9092",
        pools: [{ name: "kafka", firstId: 0, count: 3 }],
        brokers: [0, 1, 2],
        voters: [0, 1, 2].map((id) => ({
          id,
          host: `kafka-${id}-quorum.kafka.svc.cluster.local`,
          port: 9093,
        })),
        formedMarker: "kafka-formed",
        replicationFactor: 3,
        minInsyncReplicas: 2,
        racks: false,
        moveBytesPerSecond: 7_000_000,
        raiseMetadataVersion: false,
        ...(task === "drain" && { defaults: expect.objectContaining({ "retention.ms": "604800000" }) }),
      });
    }
  });

  test.each([
    [4.1, 4_100_000],
    [0.001, 1_000],
    [100_000, 100_000_000_000],
  ])("moves at %d MB/s may take %i bytes a second, a whole number", async (moveMegabytesPerSecond, bytes) =>
    expect(taskOf(await declare({ moveMegabytesPerSecond }), "kafka-rebalance")).toMatchObject({
      moveBytesPerSecond: bytes,
    }),
  );

  test("the brokers' default retention is recorded on their StatefulSet, and the drain gets the new one", async () => {
    const properties = { "log.retention.minutes": 5, "log.retention.hours": 7 };
    const declared = await declare({ properties, allowRecordDeletion: true, controllers: { count: 1 } });
    const notedOn = (set: string) =>
      only(declared, "StatefulSet", set).metadata.annotations["kubeadm-kafka/keeps-records"];
    expect(JSON.parse(notedOn("kafka"))).toMatchObject({ "retention.ms": "300000", "cleanup.policy": "delete" });
    expect(notedOn("kafka-controller")).toBeUndefined();
    expect(taskOf(declared, "kafka-drain")).toMatchObject({
      defaults: JSON.parse(notedOn("kafka")),
      allowRecordDeletion: true,
    });
  });

  test("the Job that checks replicas and votes replaces pods, not Kubernetes", async () =>
    expect(only(await declare(), "StatefulSet").spec.updateStrategy).toEqual({ type: "OnDelete" }));

  test.each([
    [undefined, "Retain"],
    ["keep", "Retain"],
    ["delete", "Delete"],
  ] as const)("volumes of removed brokers: %s is %s", async (ofRemovedBrokers, whenScaled) => {
    const declared = await declare({ storage: { className: "fast", ofRemovedBrokers } });
    const { spec } = only(declared, "StatefulSet");
    expect(spec.persistentVolumeClaimRetentionPolicy).toEqual({ whenDeleted: "Retain", whenScaled });
    const { env } = only(declared, "Job", "kafka-drain").spec.template.spec.containers[0];
    const task = JSON.parse(env.find(({ name }: { name: string }) => name === "TASK").value) as ChangeTask;
    expect(task.deletesVolumes === true).toBe(whenScaled === "Delete");
  });

  test("a changed number of brokers runs the drain, a changed property doesn't", async () => {
    const drain = async (changes: Partial<KafkaClusterArgs>) => only(await declare(changes), "Job", "kafka-drain").spec;
    const before = await drain({});
    expect(await drain({ properties: { "num.io.threads": 2 } })).toEqual(before);
    expect(await drain({ brokers: 5 })).not.toEqual(before);
  });
});

test("dedicated controllers are a StatefulSet with its own objects, storage and memory", async () => {
  const declared = await declare({ controllers: { count: 3, size: "2Gi", heap: "256m" } });
  const { metadata, spec } = only(declared, "StatefulSet", "kafka-controller");
  expect(spec).toMatchObject({ replicas: 3, serviceName: "kafka-controller-headless" });
  expect(spec.volumeClaimTemplates[0].spec.resources.requests.storage).toBe("2Gi");
  expect(spec.template.spec.containers[0].resources.limits.memory).toBe("768Mi");
  expect(spec.template.spec.containers[0].ports).toEqual([{ name: "controller", containerPort: 9093 }]);
  expect(metadata.annotations["kubeadm-kafka/roles"]).toBe("controllers and brokers apart");
  expect(only(declared, "Service", "kafka-controller-headless").spec.selector).toEqual(spec.selector.matchLabels);
  expect(only(declared, "PodDisruptionBudget", "kafka-controller").spec.selector).toMatchObject(spec.selector);
  const clients = only(declared, "Service", "kafka-bootstrap").spec.selector;
  expect(clients).not.toEqual(spec.selector.matchLabels);
  const [rule] = only(declared, "ValidatingAdmissionPolicy", "kafka-kafka-loses-nothing").spec.matchConstraints
    .resourceRules;
  expect(rule.resourceNames).toEqual(["kafka-controller", "kafka"]);
});

test("a version selects the image, and the guard compares it; the metadata format is another change", async () => {
  const versionsOf = async (changes: Partial<KafkaClusterArgs>) => {
    const declared = await declare(changes);
    const { metadata, spec } = only(declared, "StatefulSet");
    const { env } = only(declared, "Job", "kafka-rebalance").spec.template.spec.containers[0];
    const task = JSON.parse(env.find(({ name }: { name: string }) => name === "TASK").value);
    const version = metadata.annotations["kubeadm-kafka/version"];
    return [spec.template.spec.containers[0].image, version, task.raiseMetadataVersion];
  };
  expect(await versionsOf({ version: "4.4.0" })).toEqual(["docker.io/apache/kafka:4.4.0", "4.4.0", false]);
  expect((await versionsOf({ version: "4.4.0", metadataVersion: "4.3" }))[2]).toBe(false);
  expect((await versionsOf({ version: "4.4.0", metadataVersion: "4.4" }))[2]).toBe(true);
});

test("clients outside the cluster get a port per broker, which leads only to its pod", async () => {
  const declared = await declare({ brokers: 2, outsidePort: 32090 });
  const { spec } = only(declared, "Service", "kafka-1-outside");
  expect(spec).toMatchObject({ type: "NodePort", ports: [{ name: "outside", port: 9095, nodePort: 32091 }] });
  const { matchLabels } = only(declared, "StatefulSet").spec.selector;
  expect(spec.selector).toEqual({ ...matchLabels, "statefulset.kubernetes.io/pod-name": "kafka-1" });
  expect((await declare()).filter(({ name }) => name.endsWith("-outside"))).toEqual([]);
});

test("ConfigMaps with fixed names change in place; those that Pulumi names don't, so that other content rolls pods", async () => {
  const racks = { label: "kubernetes.io/hostname", byHost: { master: "a" } };
  const maps = (await declare({ racks })).filter(({ type }) => type.endsWith(":ConfigMap"));
  expect(maps.map(({ name, inputs }) => [name, inputs.metadata.name, inputs.immutable]).sort()).toEqual([
    ["kafka-addresses", "kafka-addresses", undefined],
    ["kafka-changes", undefined, true],
    ["kafka-cluster-id", "kafka-kafka-cluster-id", undefined],
    ["kafka-config", undefined, true],
    ["kafka-configured-settings", "kafka-configured-settings", undefined],
    ["kafka-formed", "kafka-formed", undefined],
    ["kafka-racks", "kafka-racks", undefined],
  ]);
});

describe("racks", () => {
  const byHost = { master: "a", "worker-1": "b" };
  const racks = { label: "topology.kubernetes.io/zone", byHost };
  const podOf = (declared: Declared[], name = "kafka") => only(declared, "StatefulSet", name).spec.template.spec;

  test("brokers read their node's rack from a map, and are spread over racks", async () => {
    const declared = await declare({ racks });
    expect(only(declared, "ConfigMap", "kafka-racks").data).toEqual(byHost);
    const { containers, volumes, topologySpreadConstraints } = podOf(declared);
    expect(volumes).toContainEqual({ name: "racks", configMap: { name: "kafka-racks" } });
    expect(containers[0].volumeMounts).toContainEqual(expect.objectContaining({ name: "racks" }));
    expect(topologySpreadConstraints).toMatchObject([{ topologyKey: "topology.kubernetes.io/zone" }]);
  });

  test("brokers whose racks are their hosts are spread over hosts", async () => {
    const label = "kubernetes.io/hostname";
    const { topologySpreadConstraints } = podOf(await declare({ racks: { label, byHost } }));
    expect(topologySpreadConstraints).toMatchObject([{ topologyKey: label, whenUnsatisfiable: "ScheduleAnyway" }]);
  });

  test("dedicated controllers need no rack", async () => {
    const declared = await declare({ racks, controllers: { count: 1 } });
    const without = await declare({ controllers: { count: 1 } });
    expect(podOf(declared, "kafka-controller")).toEqual(podOf(without, "kafka-controller"));
  });

  test("an additional host changes the map, and rolls no pod", async () => {
    const more = await declare({ racks: { ...racks, byHost: { ...byHost, "worker-2": "b" } } });
    const before = await declare({ racks });
    for (const [kind, name] of [
      ["StatefulSet", "kafka"],
      ["ConfigMap", "kafka-config"],
    ] as const) {
      expect(only(more, kind, name)).toEqual(only(before, kind, name));
    }
  });

  test("consumers may read in their own rack, unless the user says otherwise", async () => {
    const properties = { "replica.selector.class": "my.Selector" };
    const selector = async (changes: Partial<KafkaClusterArgs>) =>
      /^replica\.selector\.class=(.*)$/m.exec((await configOf(changes)).data["common.properties"])?.[1];
    expect(await selector({ racks })).toBe("org.apache.kafka.common.replica.RackAwareReplicaSelector");
    expect(await selector({ racks, properties })).toBe("my.Selector");
    expect(await selector({})).toBeUndefined();
  });
});

test("an unfinished shrink runs the drain again, though the plan is the same", async () => {
  const drain = async (unfinishedShrink: string) =>
    only(await declare({ unfinishedShrink }), "Job", "kafka-drain").spec.template.metadata.annotations;
  const words = "after kafka-drain-1a2b: kafka has 5 pods, and 3 are planned";
  expect((await drain(words))["kubeadm-kafka/drift"]).toBe(words);
  expect(await drain("")).not.toEqual(await drain(words));
});

test("no Job that moves replicas is ended while they move, however long that takes", async () => {
  const jobs = (await declare()).filter(({ type }) => type.endsWith(":Job"));
  expect(jobs).toHaveLength(3);
  for (const { inputs } of jobs) expect(inputs.spec).not.toHaveProperty("activeDeadlineSeconds");
});

test("each StatefulSet has the note about its number of nodes that an up has worked out", async () => {
  const notes = { kafka: "3, and not 5 as at generation 7" };
  const noteOf = async (changes: Partial<KafkaClusterArgs>) =>
    only(await declare(changes), "StatefulSet", "kafka").metadata.annotations["kubeadm-kafka/nodes"];
  expect(await noteOf({ notes })).toBe(notes.kafka);
  expect(await noteOf({ brokers: 3 })).toBe("3");
});

describe("what Kafka depends on", () => {
  const annotationsOf = async (changes: Partial<KafkaClusterArgs>) => {
    const declared = await declare(changes);
    return ["drain", "roll", "rebalance"].map(
      (job) => only(declared, "Job", `kafka-${job}`).spec.template.metadata.annotations as Record<string, string>,
    );
  };

  test("a change of what Kafka depends on runs the roll and the rebalance again", async () => {
    const [drain, roll, rebalance] = await annotationsOf({ standsOn: "hosts 1a2b" });
    expect(drain!["kubeadm-kafka/run-again-on"]).toBe("");
    expect(roll!["kubeadm-kafka/run-again-on"]).toMatch(/ hosts 1a2b$/);
    expect(rebalance!["kubeadm-kafka/run-again-on"]).toMatch(/ hosts 1a2b$/);
  });

  test("a Kafka that isn't well runs the roll and the rebalance again", async () => {
    const [drain, roll, rebalance] = await annotationsOf({ unwell: "the pod kafka-1 is missing" });
    expect(drain).not.toHaveProperty("kubeadm-kafka/drift");
    for (const each of [roll, rebalance]) expect(each!["kubeadm-kafka/drift"]).toBe("the pod kafka-1 is missing");
  });
});

describe("the gate", () => {
  const gateOf = async (changes: Partial<KafkaClusterArgs> = {}) => only(await declare(changes), "CronJob");

  test("never runs by itself; whoever makes a Job from it sets the host and the moment", async () => {
    const { metadata, spec } = await gateOf();
    expect(metadata).toEqual({ name: "kafka-gate", namespace: "kafka", labels: { "kubeadm-kafka/gate": "true" } });
    expect(spec).toMatchObject({ suspend: true, concurrencyPolicy: "Forbid", schedule: "0 0 31 2 *" });
    const { env } = spec.jobTemplate.spec.template.spec.containers[0];
    expect(env).toEqual(
      expect.arrayContaining([
        { name: "NODE", value: "" },
        { name: "MOMENT", value: "" },
      ]),
    );
  });

  test("follows the plan", async () => {
    const task = async (changes: Partial<KafkaClusterArgs>) => {
      const { env } = (await gateOf(changes)).spec.jobTemplate.spec.template.spec.containers[0];
      return JSON.parse(env.find(({ name }: { name: string }) => name === "TASK").value);
    };
    expect(await task({ brokers: 5, controllers: { count: 1 } })).toEqual({
      task: "node",
      namespace: "kafka",
      bootstrapServers: "kafka-bootstrap.kafka.svc.cluster.local:9092",
      pools: [
        { name: "kafka-controller", firstId: 1000, count: 1 },
        { name: "kafka", firstId: 0, count: 5 },
      ],
      brokers: [0, 1, 2, 3, 4],
    });
  });

  test("runs like the other Jobs: once, as the same user, with the same limits", async () => {
    const declared = await declare();
    const { tolerations, ...own } = only(declared, "CronJob").spec.jobTemplate.spec.template.spec;
    const { containers, ...pod } = only(declared, "Job", "kafka-roll").spec.template.spec;
    expect(own).toMatchObject(pod);
    for (const key of ["image", "command", "resources", "securityContext", "terminationMessagePath"]) {
      expect(own.containers[0][key]).toEqual(containers[0][key]);
    }
    expect(only(declared, "CronJob").spec.jobTemplate.spec.backoffLimit).toBe(0);
    expect(tolerations).toBeDefined();
  });

  test("can run when all hosts are cordoned", async () => {
    const { tolerations } = (await gateOf()).spec.jobTemplate.spec.template.spec;
    expect(tolerations).toEqual([
      { key: "node.kubernetes.io/unschedulable", operator: "Exists", effect: "NoSchedule" },
    ]);
  });

  test("may mark pods, so that the budget neither holds them nor permits another eviction", async () => {
    const declared = await declare({ controllers: { count: 3 } });
    const budgets = ["kafka-controller", "kafka"].map((name) => only(declared, "PodDisruptionBudget", name));
    for (const { spec } of budgets) {
      expect(spec.selector.matchExpressions).toEqual([{ key: "kubeadm-kafka/leaving", operator: "DoesNotExist" }]);
    }
    const { rules } = only(declared, "Role", "kafka-changes");
    expect(rules).toContainEqual({ apiGroups: [""], resources: ["pods"], verbs: ["patch"] });
    expect(rules).toContainEqual({
      apiGroups: ["policy"],
      resources: ["poddisruptionbudgets"],
      resourceNames: ["kafka-controller", "kafka"],
      verbs: ["patch"],
    });
  });
});
