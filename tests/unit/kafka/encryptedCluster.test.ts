import type { IssuingTask } from "../../../components/kafka/issuing/task";
import { KafkaCluster, type KafkaClusterArgs } from "../../../components/kafka/kafkaCluster";
import { addresses, toDns } from "../../../components/network/policyPlan";
import { declaredBy, only, type Declared } from "./declaredBy";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const declare = (changes: Partial<KafkaClusterArgs> = {}) =>
  declaredBy(() => new KafkaCluster("kafka", { brokers: 3, storage: { className: "local-path" }, ...changes }));
const namesOf = (declared: readonly Declared[], kind: string): string[] =>
  declared.filter(({ type }) => type.endsWith(`:${kind}`)).map(({ name }) => name);
const taskOf = (declared: readonly Declared[]): IssuingTask =>
  JSON.parse(only(declared, "Job", "kafka-certificates").spec.template.spec.containers[0].env[0].value);
/** The Secret with a Job's certificate. */
const certificateOf = (spec: any): string | undefined =>
  spec.volumes.find(({ name }: any) => name === "certificate")?.secret.secretName;

test("an open stack has no authority, no certificates and no guard of steps", async () => {
  const open = await declare({ encryption: "open" });
  expect(open.filter(({ name }) => /certificates|authority|step-by-step/.test(name))).toEqual([]);
  expect(JSON.stringify(open)).not.toMatch(/919\d|ENCRYPTION|kubeadm-kafka\/security/);
});

test("with TLS, pods have their certificates, and the StatefulSet the step that the guard compares", async () => {
  const declared = await declare({ encryption: "prepared" });
  const { metadata, spec } = only(declared, "StatefulSet");
  expect(metadata.annotations["kubeadm-kafka/security"]).toBe("prepared");
  expect(spec.template.spec.volumes).toContainEqual({
    name: "certificates",
    secret: { secretName: "kafka-certificates", defaultMode: 0o440 },
  });
  const [container] = spec.template.spec.containers;
  expect(container.env).toContainEqual({ name: "ENCRYPTION", value: "prepared" });
  expect(container.volumeMounts).toContainEqual({
    name: "certificates",
    mountPath: "/etc/kubeadm-kafka/certificates",
    readOnly: true,
  });
  expect(namesOf(declared, "ValidatingAdmissionPolicy")).toContain("kafka-kafka-step-by-step");
});

test.each([
  ["prepared", 9092],
  ["moved", 9092],
  ["closed", 9191],
] as const)("the probes of a broker in a %s stack connect to a port that is open: %i", async (encryption, port) => {
  const [container] = only(await declare({ encryption }), "StatefulSet").spec.template.spec.containers;
  expect(container.readinessProbe.tcpSocket.port).toBe(port);
});

test("each Job has a certificate of its own once Jobs use TLS, and the gate too", async () => {
  const certificates = async (encryption: "prepared" | "moved" | "closed") => {
    const declared = await declare({ encryption });
    const ofJobs = ["drain", "roll", "rebalance"].map((job) => only(declared, "Job", `kafka-${job}`).spec);
    const gate = only(declared, "CronJob", "kafka-gate").spec.jobTemplate.spec;
    return [...ofJobs, gate].map(({ template }) => certificateOf(template.spec));
  };
  const own = ["drain", "roll", "rebalance", "gate"].map((job) => `kafka-${job}-certificate`);
  expect(await certificates("prepared")).toEqual([undefined, undefined, undefined, undefined]);
  expect(await certificates("moved")).toEqual(own);
  expect(await certificates("closed")).toEqual(own);
});

test("a certificate is for each name by which others reach the node", async () => {
  const { nodes, jobs, hosts } = taskOf(await declare({ encryption: "closed", controllers: { count: 1 } }));
  const domain = "kafka.svc.cluster.local";
  expect(nodes[0]).toEqual({
    id: 1000,
    pod: "kafka-controller-0",
    isBroker: false,
    address: { host: `kafka-controller-0-quorum.${domain}`, port: 9193 },
    names: [`kafka-controller-0-quorum.${domain}`],
    services: [],
  });
  expect(nodes[1]).toEqual({
    id: 0,
    pod: "kafka-0",
    isBroker: true,
    address: { host: `kafka-0.${domain}`, port: 9191 },
    names: [
      `kafka-0-quorum.${domain}`,
      `kafka-0.${domain}`,
      `kafka-bootstrap.${domain}`,
      "kafka-bootstrap.kafka.svc",
      "kafka-bootstrap.kafka",
    ],
    services: ["kafka-0", "kafka-bootstrap"],
  });
  expect(jobs).toContain("kafka-verification");
  expect(hosts).toEqual([]);
});

test("hosts are in certificates if clients outside reach brokers by them with TLS", async () => {
  const hosts = ["worker-1", "10.0.0.5"];
  expect(taskOf(await declare({ encryption: "closed", outsideTlsPort: 31100, hosts })).hosts).toEqual(hosts);
  expect(taskOf(await declare({ encryption: "closed", hosts })).hosts).toEqual([]);
});

test("clients outside get a port for each listener that the step has", async () => {
  const ports = async (changes: Partial<KafkaClusterArgs>) =>
    only(await declare(changes), "Service", "kafka-1-outside").spec.ports;
  expect(await ports({ encryption: "moved", outsidePort: 31000, outsideTlsPort: 31100 })).toEqual([
    { name: "outside", port: 9095, nodePort: 31001 },
    { name: "outsidelogins", port: 9195, nodePort: 31101 },
  ]);
  expect(await ports({ encryption: "closed", outsideTlsPort: 31100 })).toEqual([
    { name: "outsidelogins", port: 9195, nodePort: 31101 },
  ]);
});

test("only the issuing Job's account reads the authority's key, and it reads no Secret but certificates", async () => {
  const declared = await declare({ encryption: "closed" });
  const roles = declared.filter(({ type }) => type.endsWith(":Role") || type.endsWith(":ClusterRole"));
  const secrets = roles.flatMap(({ name, inputs }) =>
    inputs.rules
      .filter(({ resources }: any) => resources.includes("secrets"))
      .map(({ verbs, resourceNames }: any) => ({
        role: name,
        namespace: inputs.metadata.namespace,
        verbs,
        resourceNames,
      })),
  );
  const reads = secrets.filter(({ verbs }) => verbs.join() !== "create");
  expect(reads.map(({ role, namespace }) => `${role} in ${namespace}`)).toEqual([
    "kafka-certificates-issue in kafka",
    "kafka-certificates in kafka-authority",
  ]);
  expect(reads[1]!.resourceNames).toEqual(["kafka-authority"]);
  expect(reads[0]!.resourceNames.every((name: string) => /^kafka-([a-z]+-)?certificates?$/.test(name))).toBe(true);
  const accounts = namesOf(declared, "ServiceAccount");
  expect(accounts).toEqual(expect.arrayContaining(["kafka-certificates"]));
  expect(only(declared, "ServiceAccount", "kafka-certificates").metadata.namespace).toBe("kafka-authority");
});

test("certificates are issued in each up that needs others, and renewed every day", async () => {
  const declared = await declare({ encryption: "closed" });
  const job = only(declared, "Job", "kafka-certificates");
  const { spec, metadata } = only(declared, "CronJob", "kafka-certificates-daily");
  expect([job.metadata.namespace, metadata.namespace]).toEqual(["kafka-authority", "kafka-authority"]);
  expect(spec.schedule).toBe("17 2 * * *");
  expect(spec.jobTemplate.spec.template.spec.containers[0].env).toEqual(job.spec.template.spec.containers[0].env);
});

test("in a closed network, the authority's pods reach the API servers, DNS and Kafka's nodes alone, and nobody reaches them", async () => {
  const network = {
    clientNamespaces: [],
    outsideRanges: [],
    brokerDestinations: [],
    apiServers: addresses(["10.0.0.4"]),
    nodes: [],
    pods: "10.244.0.0/16",
  };
  const policies = (await declare({ encryption: "closed", network })).filter(
    ({ type, inputs }) => type.endsWith(":NetworkPolicy") && inputs.metadata.namespace === "kafka-authority",
  );
  expect(policies.map(({ inputs }) => inputs.spec)).toEqual([
    { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
    {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [
        { to: [{ ipBlock: { cidr: "10.0.0.4/32" } }], ports: [{ protocol: "TCP", port: 6443 }] },
        toDns,
        {
          to: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kafka" } } }],
          ports: [9191, 9193].map((port) => ({ protocol: "TCP", port })),
        },
      ],
    },
  ]);
});
