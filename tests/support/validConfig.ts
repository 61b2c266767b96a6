import * as fc from "fast-check";

import { privateKeyOf, publicKeyOf } from "./keys";

const label = fc.string({ unit: fc.constantFrom("a", "k", "z", "0", "9", "-"), maxLength: 20 });

/** Unique names: DNS labels with a number at the end. */
const names = (count: number) =>
  fc
    .array(label, { minLength: count, maxLength: count })
    .map((middles) => middles.map((middle, index) => `a${middle}-${index}`));

/** Roles of `count` hosts: one control plane at any position, and workers. */
const rolesOf = (count: number) =>
  fc
    .nat(count - 1)
    .map((first) => Array.from({ length: count }, (_, at) => (at === first ? "control-plane" : "worker")));

/** Unique addresses that start with a prefix. */
const addresses = (count: number, prefix: string) =>
  fc
    .uniqueArray(fc.integer({ min: 100, max: 254 }), { minLength: count, maxLength: count })
    .map((last) => last.map((number) => `${prefix}${number}`));

/** Settings that all hosts of a config share. */
const marks = fc.record(
  {
    labels: fc.constantFrom({}, { disk: "ssd" }, { "topology.kubernetes.io/zone": "a", "example.com/disk": "" }),
    taints: fc.constantFrom(["use=kafka:PreferNoSchedule"], ["use:PreferNoSchedule", "gpu=:PreferNoSchedule"]),
    kubelet: fc.constantFrom({}, { maxPods: 50 }, { evictionHard: { "memory.available": "5%" }, systemReserved: {} }),
  },
  { requiredKeys: [] },
);

const containers = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc
    .record({
      names: names(count),
      roles: rolesOf(count),
      addresses: addresses(count, "172.30.0."),
      given: fc.array(fc.boolean(), { minLength: count, maxLength: count }),
      memory: fc.option(fc.constantFrom("40000g", "99999999m"), { nil: undefined }),
      cpus: fc.option(fc.double({ min: 0.1, max: 64, noNaN: true }), { nil: undefined }),
      marks,
    })
    .map(({ names, roles, addresses, given, memory, cpus, marks }) => ({
      hosts: {
        containers: names.map((name, at) => ({
          name,
          role: roles[at],
          ...(given[at] && { address: addresses[at] }),
          ...(memory && { memory }),
          ...(cpus && { cpus }),
          ...marks,
        })),
      },
    })),
);

const existing = fc.integer({ min: 1, max: 12 }).chain((count) =>
  fc
    .record({
      names: names(count),
      roles: rolesOf(count),
      addresses: addresses(count, "192.168.56."),
      port: fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined }),
      agent: fc.boolean(),
      bastion: fc.constantFrom(undefined, { host: "192.168.56.1", hostKey: publicKeyOf("a host") }),
      reboot: fc.constantFrom("never", "when-needed"),
      updates: fc.constantFrom("never", "newest"),
    })
    .map(({ names, roles, addresses, port, agent, bastion, reboot, updates }) => ({
      ...(!agent && { sshPrivateKey: privateKeyOf("a user") }),
      hosts: {
        reboot,
        updates,
        ssh: { agent, ...(bastion && { bastion }) },
        existing: names.map((name, at) => ({
          name,
          role: roles[at],
          address: addresses[at],
          ssh: { hostKey: bastion ? publicKeyOf("a host") : "learn", ...(port && { port }) },
        })),
      },
    })),
);

const size = fc
  .tuple(fc.integer({ min: 1, max: 4096 }), fc.constantFrom("m", "g"))
  .map(([number, unit]) => `${unit === "m" ? number + 200 : number}${unit}`);
const oneLine = fc.string().filter((text) => !/[\r\n]/.test(text));

/** A property of each of Kafka's types. */
const properties = fc.record(
  {
    "num.io.threads": fc.integer({ min: 1, max: 64 }),
    "log.retention.bytes": fc.constantFrom(-1, "9223372036854775807"),
    "log.cleaner.min.cleanable.ratio": fc.double({ min: 0, max: 1, noNaN: true }),
    "delete.topic.enable": fc.boolean(),
    "log.cleanup.policy": fc.constantFrom("delete", "compact,delete"),
    "ssl.keystore.location": oneLine,
    "ssl.keystore.password": oneLine,
    "listener.name.nodes.max.connections": fc.nat(1000),
  },
  { requiredKeys: [] },
);

/** Replication factor 1, so that any number of brokers is enough. */
const topic = fc.record({
  partitions: fc.integer({ min: 1, max: 10_000 }),
  replicationFactor: fc.constant(1),
  config: fc.record(
    { "retention.ms": fc.integer({ min: -1 }), "cleanup.policy": fc.constantFrom("delete", "compact") },
    { requiredKeys: [] },
  ),
  allowRecordDeletion: fc.boolean(),
});

const acl = fc.record(
  {
    resource: fc.constantFrom("Topic", "Group", "TransactionalId"),
    name: fc.constantFrom("orders", "orders-", "*"),
    operations: fc.constantFrom(["Describe"], ["Describe", "All"]),
    permission: fc.constantFrom("Allow", "Deny"),
    hosts: fc.constantFrom(["*"], ["10.0.0.4", "10.0.0.5"]),
  },
  { requiredKeys: ["resource", "name", "operations"] },
);

const user = fc.record(
  {
    acls: fc.uniqueArray(acl, { maxLength: 3, selector: ({ resource, name }) => `${resource} ${name}` }),
    quotas: fc.record(
      {
        producerBytesPerSecond: fc.integer({ min: 1, max: 1e12 }),
        consumerBytesPerSecond: fc.integer({ min: 1, max: 1e12 }),
        requestPercentage: fc.double({ min: 0.01, max: 100_000, noNaN: true }),
        controllerMutationsPerSecond: fc.double({ min: 0.01, max: 1_000_000, noNaN: true }),
      },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

const kafkaWithoutTls = fc.record(
  {
    brokers: fc.integer({ min: 1, max: 9 }),
    topics: fc.dictionary(
      label.map((name) => `t${name}`),
      topic,
      { maxKeys: 5 },
    ),
    users: fc.dictionary(
      label.map((name) => `u${name}0`),
      user,
      { maxKeys: 3 },
    ),
    heap: size,
    storage: fc.record({ size: fc.integer({ min: 1, max: 900 }).map((gibibytes) => `${gibibytes}Gi`) }),
    properties,
    allowRecordDeletion: fc.boolean(),
    security: fc.constantFrom(
      { network: { mode: "open" } },
      { network: { mode: "closed", clientNamespaces: ["apps", "*"], outsideRanges: ["10.20.0.0/16", "0.0.0.0/0"] } },
      { network: { mode: "closed", brokerDestinations: ["10.8.0.4/32"] } },
    ),
  },
  { requiredKeys: [] },
);

/** With TLS, the program plans the properties of listeners. Ranges of clients outside need the port that these use; users need TLS. */
const kafka = fc
  .tuple(kafkaWithoutTls, fc.constantFrom("open", "prepared", "moved", "closed"))
  .map(([config, wanted]) => {
    const encryption = config.users ? "closed" : wanted;
    const port = JSON.stringify(config).includes("outsideRanges") ? { outsidePort: 31_000 } : {};
    if (encryption === "open") return { ...config, ...port };
    const own = Object.entries(config.properties ?? {}).filter(([name]) => !name.startsWith("ssl."));
    const security = { ...config.security, encryption, ...port };
    return { ...config, security, properties: Object.fromEntries(own) };
  });

const kubernetes = fc
  .record(
    {
      podCidr: fc.integer({ min: 1, max: 60 }).map((second) => `10.${second}.0.0/16`),
      serviceCidr: fc.integer({ min: 100, max: 239 }).map((second) => `10.${second}.0.0/16`),
      scheduleOnControlPlane: fc.boolean(),
      encryptSecrets: fc.boolean(),
      secretsEncryption: fc.record(
        {
          keyGeneration: fc.integer({ min: 1, max: 1_000_000 }),
          provider: fc.constant("secretbox"),
          kms: fc.record({ socket: fc.constantFrom("/run/kms/plugin.sock", "/srv/a/b/c") }),
        },
        { requiredKeys: ["keyGeneration"] },
      ),
      certificates: fc.constantFrom(
        {},
        { validity: "3m" },
        { validity: "60d", renewBefore: "1m" },
        { renewBefore: "4380h" },
      ),
      backups: fc.record(
        {
          enabled: fc.boolean(),
          every: fc.tuple(fc.integer({ min: 1, max: 90 }), fc.constantFrom("m", "h", "d")).map((each) => each.join("")),
          keep: fc.record({ count: fc.integer({ min: 1, max: 1000 }), days: fc.integer({ min: 1, max: 3650 }) }),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((ranges) => ("podCidr" in ranges ? { serviceCidr: "10.96.0.0/16", ...ranges } : ranges));

/** If control planes are closed to pods, pods need a worker. */
const takesPods = (hosts: object): boolean => JSON.stringify(hosts).includes('"worker"');

/** Valid configs, in the form of a Pulumi.STACK.yaml. */
export const validConfig: fc.Arbitrary<Record<string, unknown>> = fc
  .tuple(fc.oneof(containers, existing), fc.record({ kafka, kubernetes }, { requiredKeys: [] }))
  .map(([hosts, rest]) => ({ ...hosts, ...rest }))
  .filter(({ hosts, kubernetes }) => kubernetes?.scheduleOnControlPlane !== false || takesPods(hosts));
