import { execFileSync } from "node:child_process";

import * as pulumi from "@pulumi/pulumi";

import { operationsOn } from "../../../components/kafka/plan/acls";
import { versions } from "../../../components/artifacts/versions";
import { loadConfig } from "../../../config/loadConfig";
import { parseConfig } from "../../../config/parseConfig";
import type { KeptEncryption } from "../../../config/keptEncryption";
import { ConfigError } from "../../../config/configError";
import { codes, keyOf, type Mistake } from "../../../config/mistakes";
import { certificate } from "../../support/certificate";
import { privateKeyOf, publicKeyOf } from "../../support/keys";
import { gcp, gcpMistakes } from "./gcpMistakes";

const master = { name: "master", role: "control-plane" };
const worker = { name: "worker" };
const hostKey = publicKeyOf("a host");
const topic = { partitions: 1, replicationFactor: 1 };
const read = { resource: "Topic", name: "orders", operations: ["Read"] };
/** A closed Kafka with one user. */
const withUser = (user: object, name = "orders") =>
  dev({ kafka: { security: { encryption: "closed" }, users: { [name]: user } } });
const withAcl = (...acls: object[]) => withUser({ acls });
const mirrorKey = "0CC2372259A969AE84CEBAE07D956F63B764DF2B";
const lab = {
  sshPrivateKey: privateKeyOf("a user"),
  hosts: {
    existing: [
      { ...master, address: "10.0.0.4", ssh: { hostKey } },
      { ...worker, address: "10.0.0.5", ssh: { hostKey } },
    ],
  },
};

function mistakesOf(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError)
      return error.mistakes.map(({ code, key, message }) => `${code} ${key}: ${message}`);
    throw error;
  }
  return [];
}

/** The mistakes of a config. Pulumi gets a RunError, which it prints without a stack trace; its cause has the mistakes. */
const mistakesInFile = (...here: Parameters<typeof loadConfig>) =>
  mistakesOf(() => {
    try {
      loadConfig(...here);
    } catch (error) {
      if (!pulumi.RunError.isInstance(error)) throw new Error("not a RunError", { cause: error });
      expect(error.message).toBe((error.cause as ConfigError).message);
      throw error.cause;
    }
  });
const mistakesIn = (values: Record<string, unknown>) => mistakesOf(() => parseConfig("lab", values));

/** The dev stack's hosts with one section of the config added. */
const dev = (rest: Record<string, unknown> = {}) => ({ hosts: { containers: [master, worker] }, ...rest });
/** Lets every client outside use `kafka.outsidePort`. */
const toAll = { network: { outsideRanges: ["0.0.0.0/0"] } };
const containers = (...hosts: unknown[]) => ({ hosts: { containers: hosts } });
const existing = (first: object, second: object) => ({
  ...lab,
  hosts: {
    existing: [
      { ...lab.hosts.existing[0], ...first },
      { ...lab.hosts.existing[1], ...second },
    ],
  },
});

test("two containers alone are a complete config, since everything else has a default", () => {
  const config = parseConfig("dev", dev());
  expect(config.kafka.brokers).toBe(1);
  expect(config.hosts.containers?.[1]?.role).toBe("worker");
  expect(config.artifacts.source).toBe("auto");
});

test("the lab's hosts are accepted", () => {
  expect(mistakesIn(lab)).toEqual([]);
});

test("existing hosts behind a bastion, with an SSH agent in place of the private key, are accepted, and so are learned keys", () => {
  const bastion = { host: "bastion.lan", hostKey };
  expect(mistakesIn({ hosts: { ...lab.hosts, ssh: { agent: true, bastion } } })).toEqual([]);
  expect(mistakesIn(existing({ ssh: { hostKey: "learn" } }, {}))).toEqual([]);
});

test("hosts on Google Cloud are accepted, with the largest packets that fit and with either way to log in", () => {
  const sshPrivateKey = lab.sshPrivateKey;
  expect(mistakesIn(gcp({ network: { mtu: 8896 } }, { network: { mtu: 8846 } }))).toEqual([]);
  expect(mistakesIn(gcp({ ssh: { publicKey: publicKeyOf("a user") } }, { sshPrivateKey }))).toEqual([]);
  expect(mistakesIn(gcp({ ssh: { publicKey: `${publicKeyOf("a user")} me@laptop` } }, { sshPrivateKey }))).toEqual([]);
  expect(mistakesIn(gcp({ ssh: { user: "root" }, machine: { image: "my-project/debian" } }))).toEqual([]);
  expect(mistakesIn(gcp({ ssh: { osLogin: true, user: "sa_1" } }, { sshPrivateKey }))).toEqual([]);
});

test("a host that takes no pods needs no zone, and its zone makes no rack", () => {
  const zone = { labels: { "topology.kubernetes.io/zone": "a" } };
  expect(mistakesIn(containers(master, { ...worker, ...zone }))).toEqual([]);
  expect(mistakesIn(containers({ ...master, ...zone }, worker))).toEqual([]);
});

test("a stack whose name Google doesn't accept can't have hosts there", () => {
  const mistakes = (stack: string, changes = {}) => mistakesOf(() => parseConfig(stack, gcp(changes)));
  expect(mistakes("Prod.1")).toEqual([expect.stringContaining("KK601 hosts.gcp: the stack's name, Prod.1, goes into")]);
  expect(mistakes("a-stack-with-a-long-name1")).toEqual([
    expect.stringContaining("KK601 hosts.gcp.serviceAccount: a-stack-with-a-long-name1-nodes has 31 characters"),
  ]);
  expect(mistakes("a-stack-with-a-long-name")).toEqual([]);
  expect(mistakes("a-stack-with-a-very-long-name", { serviceAccount: "nodes@my-project" })).toEqual([
    expect.stringContaining("-kubernetes-internal-forwarding-rule has 65 characters, Google takes 63; shorten it"),
  ]);
});

test("a worker may be reached by an address with a zone, which SSH takes, and so may a control plane that is lost", () => {
  const ssh = { hostKey, host: "fe80::1%eth0" };
  expect(mistakesIn(existing({}, { ssh }))).toEqual([]);
  const lost = { ...master, name: "lost", address: "10.0.0.6", lost: true, ssh };
  expect(mistakesIn({ ...lab, hosts: { existing: [...lab.hosts.existing, lost] } })).toEqual([]);
});

type Case = [string, Record<string, unknown>, Mistake["code"], string];

test("hosts behind one forwarding address are different machines if their ports differ", () => {
  const ssh = (port: number) => ({ ssh: { host: "127.0.0.1", port, hostKey } });
  expect(mistakesIn(existing(ssh(2222), ssh(2223)))).toEqual([]);
});

test("users are accepted once Kafka asks them who they are, with each operation on each type of resource that it is for", () => {
  const acls = (["Topic", "Group", "TransactionalId", "DelegationToken", "User"] as const).flatMap((resource) => [
    { resource, name: resource === "User" ? "User:a" : "a", operations: operationsOn(resource) },
    { resource, name: "*", operations: ["All"], permission: "Deny", hosts: ["10.0.0.4", "10.0.0.5"] },
    { resource, name: resource === "User" ? "User:" : "a", pattern: "prefixed", operations: ["All"] },
  ]);
  const cluster = { resource: "Cluster", operations: operationsOn("Cluster") };
  const users = { orders: { acls: [...acls, cluster], quotas: { requestPercentage: 0.5 } }, "kafka-connect": {} };
  for (const encryption of ["moved", "closed"]) {
    expect(mistakesIn(dev({ kafka: { security: { encryption }, users } }))).toEqual([]);
  }
});

test("a small heap is accepted if the log cleaner's buffer is smaller", () => {
  const small = (properties: object) => mistakesIn(dev({ kafka: { heap: "160m", properties } }));
  expect(small({ "log.cleaner.dedupe.buffer.size": 33554432 })).toEqual([]);
  expect(small({ "log.cleaner.enable": false })).toEqual([]);
  expect(mistakesIn(dev({ kafka: { heap: "200m", controllers: { heap: "64m" } } }))).toEqual([]);
});

test("kubelets' settings at their limits are accepted", () => {
  const kubelet = {
    evictionHard: { "nodefs.available": "100%", "imagefs.inodesFree": "0%", "pid.available": 1000 },
    imageGCHighThresholdPercent: 81,
    // The kubelet sees the machine's memory, so this may be more than the container has.
    systemReserved: { memory: "20Gi" },
    kubeReserved: { memory: "1Gi" },
  };
  expect(mistakesIn(containers(master, { ...worker, memory: "2816m", kubelet }))).toEqual([]);
  expect(mistakesIn(existing({ kubelet: { imageGCLowThresholdPercent: 99 } }, { kubelet }))).toEqual([]);
  expect(mistakesIn(gcp({ instances: [{ ...master, kubelet: { imageGCLowThresholdPercent: 84 } }] }))).toEqual([]);
});

test("ranges and sizes at their limits are accepted", () => {
  expect(mistakesIn(dev({ kubernetes: { podCidr: "10.244.0.0/23", serviceCidr: "10.96.0.0/28" } }))).toEqual([]);
  expect(mistakesIn(dev({ kubernetes: { podCidr: "10.0.0.0/8", serviceCidr: "192.168.0.0/24" } }))).toEqual([]);
  expect(mistakesIn(dev({ network: { mtu: 576 }, storage: { path: "/mnt/data/" } }))).toEqual([]);
  const resources = { requests: { cpu: "1", memory: "640Mi" }, limits: { cpu: "1000m", memory: "640Mi" } };
  expect(mistakesIn(dev({ kafka: { heap: "512m", resources } }))).toEqual([]);
});

const mistakes: Case[] = [
  ["no hosts key", {}, codes.missing, "hosts: is missing; it must be a set of keys"],
  [
    "no hosts in it",
    { hosts: {} },
    codes.noHosts,
    "hosts: has no hosts; list them under `containers`, `existing` or `gcp`",
  ],
  ["an empty list", containers(), codes.outOfRange, "hosts.containers: [] must be a list of at least one"],
  [
    "both backends",
    { ...lab, hosts: { ...lab.hosts, containers: [master] } },
    codes.twoBackends,
    "hosts: has `containers` and `existing`; a stack's hosts are of one kind, remove the others",
  ],
  [
    "an unknown key at the top",
    dev({ kafak: {} }),
    codes.unknownKey,
    "kafak: is unknown; known here: hosts, sshPrivateKey",
  ],
  [
    "an unknown key inside",
    dev({ kafka: { broker: 3 } }),
    codes.unknownKey,
    "kafka.broker: is unknown; known here: brokers",
  ],
  [
    "an unknown key of a host",
    containers({ ...master, adress: "x" }),
    codes.unknownKey,
    "hosts.containers[0].adress: is unknown; known here: name, role, address",
  ],
  [
    "a name that is no DNS label",
    containers({ ...master, name: "Master_1" }),
    codes.wrongForm,
    'hosts.containers[0].name: "Master_1" must be a DNS label: a-z, 0-9 and -',
  ],
  [
    "a role that doesn't exist",
    containers({ ...master, role: "master" }),
    codes.wrongForm,
    'hosts.containers[0].role: "master" must be one of: control-plane, worker',
  ],
  [
    "the same name twice",
    containers(master, { ...worker, name: "master" }),
    codes.sameName,
    'hosts.containers[1].name: master is also the name of hosts.containers[0] ("master"); every host needs its own',
  ],
  [
    "the name of a host that is lost, for another one",
    existing({}, { lost: true, name: lab.hosts.existing[0]!.name }),
    codes.sameName,
    'hosts.existing[1].name: master is also the name of hosts.existing[0] ("master"); every host needs its own',
  ],
  [
    "the same address twice",
    existing({}, { address: "10.0.0.4" }),
    codes.sameAddress,
    "hosts.existing[1].address: 10.0.0.4 is also the address of hosts.existing[0]",
  ],
  [
    "an address that a default takes",
    containers(master, { ...worker, address: "172.30.0.10" }),
    codes.sameAddress,
    "hosts.containers[1].address: 172.30.0.10 is also",
  ],
  [
    "a container outside the network",
    containers({ ...master, address: "10.0.0.4" }),
    codes.addressNotFree,
    "hosts.containers[0].address: 10.0.0.4 isn't free for a host; set one from 172.30.0.3 to 172.30.0.254",
  ],
  [
    "the mirror's address",
    containers({ ...master, address: "172.30.0.2" }),
    codes.addressNotFree,
    "hosts.containers[0].address: 172.30.0.2 isn't free",
  ],
  [
    "no address of an existing host",
    existing({ address: undefined }, {}),
    codes.missing,
    "hosts.existing[0].address: is missing; it must be an IPv4 address, such as 10.0.0.4",
  ],
  [
    "no host key",
    existing({ ssh: {} }, {}),
    codes.missing,
    "hosts.existing[0].ssh.hostKey: is missing; it must be `ssh-ed25519 BASE64`, which `ssh-keyscan",
  ],
  [
    "a long value, which may be a secret in the wrong place, not in full",
    existing({ ssh: { hostKey: `-----BEGIN OPENSSH PRIVATE KEY-----${"x".repeat(400)}` } }, {}),
    codes.wrongForm,
    'hosts.existing[0].ssh.hostKey: "-----BEGIN OPENSSH … must be',
  ],
  [
    "no private key for existing hosts",
    { hosts: lab.hosts },
    codes.noPrivateKey,
    "sshPrivateKey: is needed to reach existing hosts; `bin/pulumi config set --secret sshPrivateKey",
  ],
  [
    "an agent beside a private key",
    { ...lab, hosts: { ...lab.hosts, ssh: { agent: true } } },
    codes.twoLogins,
    "hosts.ssh.agent: lets the SSH agent in for sshPrivateKey, which is set, too; remove one of them",
  ],
  [
    "a host key that is to be learned through a bastion",
    {
      ...lab,
      hosts: {
        ssh: { bastion: { host: "bastion.lan", hostKey } },
        existing: [lab.hosts.existing[0], { ...lab.hosts.existing[1], ssh: { hostKey: "learn" } }],
      },
    },
    codes.learnThroughBastion,
    "hosts.existing[1].ssh.hostKey: can't be learned through hosts.ssh.bastion; set what `ssh-keyscan -t ed25519 10.0.0.5` prints on bastion.lan",
  ],
  [
    "no control plane",
    containers(worker),
    codes.noControlPlane,
    "hosts.containers: has no control plane; give one host `role: control-plane`",
  ],
  [
    "two control planes",
    containers(master, { ...master, name: "other" }),
    codes.manyControlPlanes,
    "hosts.containers: has 2 control planes; make it 1, 3 or 5: etcd survives no more losses with an even number",
  ],
  [
    "seven control planes",
    containers(...[1, 2, 3, 4, 5, 6, 7].map((number) => ({ ...master, name: `master-${number}` }))),
    codes.manyControlPlanes,
    "hosts.containers: has 7 control planes; make it 1, 3 or 5",
  ],
  [
    "a label of Kubernetes' own",
    containers(master, { ...worker, labels: { "kubernetes.io/hostname": "other" } }),
    codes.unfitMark,
    "hosts.containers[1].labels: kubernetes.io/hostname is for Kubernetes or this program to set; take a domain of your own",
  ],
  [
    "a taint that another key decides",
    existing({ taints: ["node-role.kubernetes.io/control-plane:NoSchedule"] }, {}),
    codes.unfitMark,
    "hosts.existing[0].taints[0]: node-role.kubernetes.io/control-plane is for Kubernetes or this program",
  ],
  [
    "a taint with two values",
    containers(master, worker, { name: "other", taints: ["use=a:NoSchedule", "use=b:NoExecute", "use=b:NoSchedule"] }),
    codes.unfitMark,
    "hosts.containers[2].taints[2]: use has the key and the effect of hosts.containers[2].taints[0]; remove one of them",
  ],
  [
    "taints that leave no host for pods",
    containers(master, { ...worker, taints: ["use=kafka:NoSchedule"] }),
    codes.noPodHost,
    "hosts.containers[1].taints: leaves no host that takes ordinary pods: master repels them by kubernetes.scheduleOnControlPlane, which isn't set and so is false where there are workers, worker repels them by its taint use=kafka:NoSchedule; remove a taint, or set PreferNoSchedule",
  ],
  [
    "a single host that is closed to pods",
    { ...containers(master), kubernetes: { scheduleOnControlPlane: false } },
    codes.noPodHost,
    "kubernetes.scheduleOnControlPlane: false leaves no host that takes ordinary pods: master repels them by kubernetes.scheduleOnControlPlane, which is false; set true, or add a worker that isn't lost",
  ],
  [
    "the loss of the only host that takes pods",
    { ...existing({}, { lost: true }), kubernetes: { scheduleOnControlPlane: false } },
    codes.noPodHost,
    "kubernetes.scheduleOnControlPlane: false leaves no host that takes ordinary pods: master repels them",
  ],
  [
    "the loss of all hosts",
    existing({ lost: true }, { lost: true }),
    codes.noControlPlane,
    "hosts.existing: has no control plane that isn't lost; put a new machine in the place of one, without `lost`, and bring the cluster back",
  ],
  [
    "the loss of the only control plane",
    existing({ lost: true }, {}),
    codes.noControlPlane,
    "hosts.existing: has no control plane that isn't lost",
  ],
  [
    "a worker without a zone where others have one",
    containers(
      master,
      { ...worker, labels: { "topology.kubernetes.io/zone": "a" } },
      { name: "other", labels: { disk: "ssd" } },
    ),
    codes.noZone,
    "hosts.containers[2].labels: has no topology.kubernetes.io/zone, while other hosts have; set one for each host that runs pods",
  ],
  [
    "a worker without a zone that is called as something every object has",
    containers(master, { ...worker, labels: { "topology.kubernetes.io/zone": "a" } }, { name: "constructor" }),
    codes.noZone,
    "hosts.containers[2].labels: has no topology.kubernetes.io/zone",
  ],
  ...["hosts-network", "hosts-ssh-key"].map((name): Case => [
    `a container called ${name}`,
    containers(master, { name }),
    codes.reservedName,
    `hosts.containers[1].name: ${name} is the name of another resource of the stack; choose another name`,
  ]),
  [
    "a patch that isn't in the table",
    dev({ kubernetes: { version: "1.34.2" } }),
    codes.unsupportedVersion,
    "kubernetes.version: 1.34.2 isn't supported; set one of 1.34.3, 1.34.4, 1.35.4, 1.36.3, 1.37.2",
  ],
  [
    "a version of another minor",
    dev({ kubernetes: { version: "1.33.1" } }),
    codes.unsupportedVersion,
    "kubernetes.version: 1.33.1 isn't supported; set one of 1.34.3,",
  ],
  [
    "a version that is none",
    dev({ kubernetes: { version: "latest" } }),
    codes.unsupportedVersion,
    "kubernetes.version: latest isn't supported",
  ],
  ...["2m", "366d"].map((validity): Case => [
    `certificates that are valid for ${validity}`,
    dev({ kubernetes: { certificates: { validity } } }),
    codes.certificateTimes,
    `kubernetes.certificates.validity: ${validity} must be 3m to 365d`,
  ]),
  [
    "certificates that would be renewed over and over",
    dev({ kubernetes: { certificates: { validity: "4m", renewBefore: "3m" } } }),
    codes.certificateTimes,
    "kubernetes.certificates.renewBefore: 3m is more than half of kubernetes.certificates.validity, 4m; set at most half",
  ],
  [
    "pods among services",
    dev({ kubernetes: { podCidr: "10.100.0.0/16" } }),
    codes.rangesOverlap,
    "kubernetes.podCidr: 10.100.0.0/16 overlaps kubernetes.serviceCidr, 10.96.0.0/12; set ranges that share no address",
  ],
  [
    "pods among containers",
    dev({ kubernetes: { podCidr: "172.16.0.0/12" } }),
    codes.rangeInHostsNetwork,
    "kubernetes.podCidr: 172.16.0.0/12 overlaps the hosts' network, 172.30.0.0/24; set a range that",
  ],
  [
    "services among hosts",
    existing({ address: "10.96.0.9" }, {}),
    codes.rangeHasHost,
    'kubernetes.serviceCidr: 10.96.0.0/12 contains 10.96.0.9, the address of hosts.existing[0] ("master"); set a range',
  ],
  [
    "zero brokers",
    dev({ kafka: { brokers: 0 } }),
    codes.outOfRange,
    "kafka.brokers: 0 must be a whole number from 1 to 9",
  ],
  ["half a broker", dev({ kafka: { brokers: 1.5 } }), codes.wrongType, "kafka.brokers: 1.5 must be a whole number"],
  ["brokers as text", dev({ kafka: { brokers: "3" } }), codes.wrongType, 'kafka.brokers: "3" must be a whole number'],
  [
    "an even number of controllers",
    dev({ kafka: { controllers: { count: 4 } } }),
    codes.evenControllers,
    "kafka.controllers.count: 4 survive no more than 3 do; set 3 or 5",
  ],
  [
    "a Kafka without cordoning",
    dev({ kafka: { version: "4.2.1" } }),
    codes.unsupportedKafka,
    "kafka.version: 4.2.1 isn't supported; set 4.3.",
  ],
  [
    "metadata newer than the brokers",
    dev({ kafka: { version: "4.3.1", metadataVersion: "4.4" } }),
    codes.metadataAhead,
    "kafka.metadataVersion: 4.4 is newer than kafka.version, 4.3.1; change the version first",
  ],
  [
    "ports outside that end before the brokers do",
    dev({ kafka: { brokers: 3, outsidePort: 32766, security: toAll } }),
    codes.outsidePorts,
    "kafka.outsidePort: 32766 leaves no port for the last of 3 brokers; set at most 32765",
  ],
  [
    "ports with TLS outside that end before the brokers do",
    dev({ kafka: { brokers: 3, security: { ...toAll, encryption: "moved", outsidePort: 32767 } } }),
    codes.outsidePorts,
    "kafka.security.outsidePort: 32767 leaves no port for the last of 3 brokers; set at most 32765",
  ],
  [
    "ports with TLS outside of a stack without TLS",
    dev({ kafka: { security: { ...toAll, outsidePort: 31000 } } }),
    codes.unusedOutsidePort,
    "kafka.security.outsidePort: has no effect while kafka.security.encryption is open; remove it",
  ],
  [
    "ports outside without TLS of a closed stack",
    dev({ kafka: { outsidePort: 31000, security: { ...toAll, encryption: "closed" } } }),
    codes.unusedOutsidePort,
    "kafka.outsidePort: has no effect while kafka.security.encryption is closed; remove it",
  ],
  [
    "one port outside for two brokers, one of them with TLS",
    dev({ kafka: { brokers: 3, outsidePort: 31000, security: { ...toAll, encryption: "moved", outsidePort: 31002 } } }),
    codes.sameOutsidePort,
    "kafka.security.outsidePort: 31002 and kafka.outsidePort, 31000, are less than 3 apart",
  ],
  [
    "ports with TLS outside that no client may use",
    dev({ kafka: { security: { encryption: "closed", outsidePort: 31000, network: { mode: "closed" } } } }),
    codes.closedOutside,
    "kafka.security.network.outsideRanges: has no range, so that nobody could use kafka.security.outsidePort, 31000; list the ranges",
  ],
  [
    "a property of the authorizer, which is planned with TLS",
    dev({ kafka: { properties: { "super.users": "User:me" }, security: { encryption: "prepared" } } }),
    codes.unfitProperty,
    'kafka.properties["super.users"]: is planned while kafka.security.encryption is prepared; remove it',
  ],
  [
    "ports outside that no client may use",
    dev({ kafka: { outsidePort: 31000, security: { network: { mode: "closed" } } } }),
    codes.closedOutside,
    "kafka.security.network.outsideRanges: has no range, so that nobody could use kafka.outsidePort, 31000; list the ranges",
  ],
  ...Object.entries({
    clientNamespaces: ["apps"],
    outsideRanges: ["10.0.0.0/8"],
    brokerDestinations: ["10.8.0.0/16"],
  }).map(([list, values]): Case => [
    `${list} of an open network`,
    dev({ kafka: { security: { network: { mode: "open", [list]: values } } } }),
    codes.networkWithoutEffect,
    `kafka.security.network.${list}: has no effect while kafka.security.network.mode is open; set that to closed`,
  ]),
  [
    "a namespace of clients that is Kafka's own",
    dev({ kafka: { security: { network: { clientNamespaces: ["apps", "kafka"] } } } }),
    codes.networkWithoutEffect,
    "kafka.security.network.clientNamespaces[1]: has no effect: kafka is Kafka's own namespace, whose other pods can",
  ],
  [
    "a destination of brokers in the range of Services",
    dev({ kafka: { security: { network: { brokerDestinations: ["10.96.7.0/24"] } } } }),
    codes.networkWithoutEffect,
    "kafka.security.network.brokerDestinations[0]: has no effect: 10.96.7.0/24 is in kubernetes.serviceCidr, but policies",
  ],
  [
    "ranges of clients without a port",
    dev({ kafka: { security: { network: { outsideRanges: ["10.20.0.0/16"] } } } }),
    codes.networkWithoutEffect,
    "kafka.security.network.outsideRanges: has no effect without kafka.outsidePort, which is all that these clients may use",
  ],
  [
    "a range of clients that starts in its middle",
    dev({ kafka: { outsidePort: 31000, security: { network: { outsideRanges: ["10.0.0.0/8", "10.1.2.3/8"] } } } }),
    codes.rangeStart,
    "kafka.security.network.outsideRanges[1]: 10.1.2.3/8 doesn't start at 10.1.2.3; set 10.0.0.0/8",
  ],
  [
    "a property that the plan decides",
    dev({ kafka: { properties: { "node.id": 7 } } }),
    codes.unfitProperty,
    'kafka.properties["node.id"]: is different for each node and set when it starts; remove it',
  ],
  [
    "a misspelt property",
    dev({ kafka: { properties: { "num.io.thread": 8 } } }),
    codes.unknownSetting,
    'kafka.properties["num.io.thread"]: is unknown to Kafka 4.3, which would ignore it; did you mean num.io.threads?',
  ],
  ...["constructor", "toString", "hasOwnProperty"].flatMap((name): Case[] => [
    [
      `the property ${name}`,
      dev({ kafka: { properties: { [name]: "x" } } }),
      codes.unknownSetting,
      `kafka.properties.${name}: is unknown to Kafka 4.3`,
    ],
    [
      `the topic's setting ${name}`,
      dev({ kafka: { topics: { orders: { ...topic, config: { [name]: "x" } } } } }),
      codes.unknownSetting,
      `kafka.topics.orders.config.${name}: is unknown to the settings of a topic`,
    ],
  ]),
  [
    "a misspelt setting of a topic",
    dev({ kafka: { topics: { orders: { ...topic, config: { "retention.mss": 1 } } } } }),
    codes.unknownSetting,
    'kafka.topics.orders.config["retention.mss"]: is unknown to the settings of a topic in Kafka 4.3; did you mean',
  ],
  [
    "a property's value that Kafka doesn't take",
    dev({ kafka: { properties: { "compression.type": "brotli" } } }),
    codes.settingValue,
    'kafka.properties["compression.type"]: "brotli" must be one of: gzip, lz4, producer',
  ],
  [
    "a topic setting's value that Kafka doesn't take",
    dev({ kafka: { topics: { orders: { ...topic, config: { "segment.bytes": "1g" } } } } }),
    codes.settingValue,
    'kafka.topics.orders.config["segment.bytes"]: "1g" must be a whole number of at least 1048576',
  ],
  [
    "an authorizer that locks the brokers out",
    dev({
      kafka: { properties: { "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer" } },
    }),
    codes.brokersLockedOut,
    'kafka.properties["authorizer.class.name"]: would deny brokers what they ask of each other',
  ],
  [
    "properties that a broker can't start with together",
    dev({ kafka: { properties: { "replica.lag.time.max.ms": 400 } } }),
    codes.settingConflict,
    'kafka.properties["replica.lag.time.max.ms"]: 400 must be at least replica.fetch.wait.max.ms, which is 500 by default',
  ],
  [
    "a topic's setting that doesn't go with the brokers'",
    dev({
      kafka: {
        properties: { "log.cleaner.min.compaction.lag.ms": 2 },
        topics: { orders: { ...topic, config: { "max.compaction.lag.ms": 1 } } },
      },
    }),
    codes.settingConflict,
    'kafka.topics.orders.config["max.compaction.lag.ms"]: 1 must be at least min.compaction.lag.ms, which is 2 on the brokers',
  ],
  [
    "more replicas in sync than there are",
    dev({ kafka: { brokers: 3, properties: { "min.insync.replicas": 4 } } }),
    codes.inSyncCopies,
    'kafka.properties["min.insync.replicas"]: 4 in sync are more than the replicas that a partition has, 3',
  ],
  [
    "more replicas than brokers",
    dev({ kafka: { brokers: 2, properties: { "default.replication.factor": 3 } } }),
    codes.inSyncCopies,
    'kafka.properties["default.replication.factor"]: 3 replicas need as many brokers, and kafka.brokers is 2',
  ],
  [
    "more replicas of a topic in sync than it has",
    dev({ kafka: { topics: { orders: { ...topic, config: { "min.insync.replicas": 2 } } } } }),
    codes.inSyncCopies,
    'kafka.topics.orders.config["min.insync.replicas"]: 2 in sync are more than the topic\'s replicationFactor, 1',
  ],
  [
    "more replicas of a topic than brokers",
    dev({ kafka: { brokers: 2, topics: { "orders.v1": { partitions: 6, replicationFactor: 3 } } } }),
    codes.topicCopies,
    'kafka.topics["orders.v1"].replicationFactor: 3 are more than kafka.brokers, 2; set at most that, or more brokers',
  ],
  [
    "topics that Kafka's metrics don't tell apart",
    dev({ kafka: { topics: { "a.b": topic, a_b: topic } } }),
    codes.sameTopic,
    "kafka.topics.a_b: differs from a.b by . and _ alone",
  ],
  [
    "a topic's setting that moves of its replicas need",
    dev({ kafka: { topics: { orders: { ...topic, config: { "leader.replication.throttled.replicas": "*" } } } } }),
    codes.unfitTopicSetting,
    'kafka.topics.orders.config["leader.replication.throttled.replicas"]: is set while replicas move',
  ],
  [
    "a topic of Kafka's own",
    dev({ kafka: { topics: { __consumer_offsets: topic } } }),
    codes.wrongForm,
    'kafka.topics.__consumer_offsets: "__consumer_offsets" must be a topic\'s name: A-Z',
  ],
  ...["open", "prepared"].map((encryption): Case => [
    `users of a Kafka that is ${encryption}`,
    dev({ kafka: { security: { encryption }, users: { orders: {} } } }),
    codes.usersUnasked,
    `kafka.users: need kafka.security.encryption, and that is ${encryption}: without it Kafka asks nobody who he is. Set it to moved or closed`,
  ]),
  [
    "users where nothing is encrypted by default",
    dev({ kafka: { users: { orders: {} } } }),
    codes.usersUnasked,
    "kafka.users: need kafka.security.encryption, and that is open",
  ],
  ...["Orders", "orders.v1", "orders_v1", "o=rders", "-orders", "x".repeat(44)].map((name): Case => [
    `the user ${name}, whose Secret or Job Kubernetes would refuse`,
    withUser({}, name),
    codes.wrongForm,
    `${keyOf(["kafka", "users", name])}: ${name.length > 43 ? '"xxxxxxxxxxxxxxxxxxx' : JSON.stringify(name)}`,
  ]),
  ...["anonymous", "kafka", "kafka-node", "kafka-roll", "kafka-certificates"].map((name): Case => [
    `the user ${name}`,
    withUser({}, name),
    codes.reservedUser,
    `kafka.users.${name}: is a name of Kafka's own or of the program's; give the user another one`,
  ]),
  ...(
    [
      ["Topic", "Raed", "did you mean Read?"],
      ["Topic", "read", "did you mean Read?"],
      ["Group", "DESCRIBE_CONFIGS", "did you mean DescribeConfigs?"],
      ["Topic", "IdempotentWrites", "did you mean IdempotentWrite?"],
      ["User", "Impersonate", "Kafka knows CreateTokens, DescribeTokens, All"],
    ] as const
  ).map(([resource, operation, remedy]): Case => [
    `the unknown operation ${operation}`,
    withAcl({ resource, name: resource === "User" ? "User:a" : "a", operations: ["All", operation] }, read),
    codes.unknownOperation,
    `kafka.users.orders.acls[0].operations[1]: "${operation}" is no operation of Kafka's on a ${resource}; ${remedy}`,
  ]),
  ...(
    [
      ["Topic", "IdempotentWrite"],
      ["Group", "Write"],
      ["Cluster", "Read"],
      ["TransactionalId", "Read"],
      ["DelegationToken", "Delete"],
      ["User", "Describe"],
    ] as const
  ).map(([resource, operation]): Case => [
    `the operation ${operation} on a ${resource}`,
    withAcl({
      resource,
      ...(resource !== "Cluster" && { name: resource === "User" ? "User:a" : "a" }),
      operations: [operation],
    }),
    codes.unfitOperation,
    `kafka.users.orders.acls[0].operations[0]: "${operation}" is no operation on a ${resource}, so that it would allow nothing; set one of `,
  ]),
  [
    "an ACL that is there twice",
    withAcl(read, { ...read, operations: ["Write", "Read"], hosts: ["10.0.0.4", "*"], pattern: "literal" }),
    codes.sameAcl,
    "kafka.users.orders.acls[1].operations[1]: is the same as kafka.users.orders.acls[0].operations[0] (Allow Read on Topic orders); remove one",
  ],
  [
    "an operation that is there twice",
    withAcl({ ...read, operations: ["Read", "Read"] }),
    codes.sameAcl,
    "kafka.users.orders.acls[0].operations[1]: is the same as kafka.users.orders.acls[0].operations[0]",
  ],
  ...(
    [
      [{ resource: "Topic" }, 'a Topic needs a name; set one, or "*" for all'],
      [{ resource: "Topic", name: "or ders" }, "no topic can have this name"],
      [{ resource: "Topic", name: ".." }, "no topic can have this name"],
      [{ resource: "Topic", name: "a/", pattern: "prefixed" }, "no topic can have this name"],
      [
        { resource: "Group", name: "*", pattern: "prefixed" },
        "only names that begin with an asterisk have the prefix *",
      ],
      [{ resource: "Cluster", name: "kafka-cluster" }, "a cluster is the only one of its kind: remove the name"],
      [{ resource: "Cluster", pattern: "prefixed" }, "a cluster is the only one of its kind: remove the pattern"],
      [{ resource: "User", name: "alice" }, "a user is named with its type, such as User:alice"],
    ] as const
  ).map(([acl, message]): Case => [
    `an ACL on ${JSON.stringify(acl)}`,
    withAcl({ ...acl, operations: ["All"] }),
    codes.unfitResource,
    `kafka.users.orders.acls[0].name: ${message}`,
  ]),
  ...["10.0.0.0/8", "client.lan", "10.0.0.*", "::1"].map((host): Case => [
    `the pattern ${host} of clients' hosts`,
    withAcl({ ...read, hosts: [host] }),
    codes.wrongForm,
    `kafka.users.orders.acls[0].hosts[0]: "${host}" must be a client's IPv4 address, such as 10.0.0.4, or * for all: Kafka knows no ranges`,
  ]),
  ...(
    [
      ["producerBytesPerSecond", 0],
      ["consumerBytesPerSecond", -1],
      ["requestPercentage", 0],
      ["controllerMutationsPerSecond", 0],
    ] as const
  ).map(([quota, value]): Case => [
    `${value} for the quota ${quota}`,
    withUser({ quotas: { [quota]: value } }),
    codes.outOfRange,
    `kafka.users.orders.quotas.${quota}: ${value} must be a `,
  ]),
  [
    "a mirror without address",
    dev({ artifacts: { source: "mirror" } }),
    codes.noMirror,
    "artifacts.mirror: is needed where artifacts.source is `mirror`; set the mirror's base URL",
  ],
  [
    "a mirror that isn't used",
    dev({ artifacts: { source: "upstream", mirror: "http://10.0.0.2:5000" } }),
    codes.unusedMirror,
    "artifacts.mirror: is set, but artifacts.source is `upstream`; remove one of them",
  ],
  [
    "a mirror whose packages nobody has signed",
    dev({ artifacts: { mirror: "http://10.0.0.2:5000" } }),
    codes.noMirrorKey,
    "artifacts.mirrorKey: is needed with artifacts.mirror; set the fingerprint of the key that signs its packages (docs/air-gap.md)",
  ],
  [
    "a key of no mirror",
    dev({ artifacts: { mirrorKey } }),
    codes.unusedMirrorKey,
    "artifacts.mirrorKey: is set, but artifacts.mirror is not; set the URL of the mirror, or remove the key",
  ],
  [
    "images that are removed from less of the disk on than down to, by default",
    containers(master, { ...worker, kubelet: { imageGCHighThresholdPercent: 80 } }),
    codes.imageThresholds,
    "hosts.containers[1].kubelet.imageGCHighThresholdPercent: 80 must be more than hosts.containers[1].kubelet.imageGCLowThresholdPercent, 80 by default; set both",
  ],
  [
    "images that are removed from less of the disk on than down to",
    existing({}, { kubelet: { imageGCHighThresholdPercent: 70, imageGCLowThresholdPercent: 90 } }),
    codes.imageThresholds,
    "hosts.existing[1].kubelet.imageGCHighThresholdPercent: 70 must be more than hosts.existing[1].kubelet.imageGCLowThresholdPercent, 90; set both",
  ],
  [
    "images that are removed down to more of the disk than from by default",
    gcp({ instances: [{ ...master, kubelet: { imageGCLowThresholdPercent: 85 } }] }),
    codes.imageThresholds,
    "hosts.gcp.instances[0].kubelet.imageGCLowThresholdPercent: 85 must be less than hosts.gcp.instances[0].kubelet.imageGCHighThresholdPercent, 85 by default; set both",
  ],
  [
    "a host called localhost",
    containers(master, { name: "localhost" }),
    codes.hostNamedLocalhost,
    "hosts.containers[1].name: localhost is each machine itself; set a name that this host alone has",
  ],
  [
    "a container with less memory than a host needs",
    containers(master, { ...worker, memory: "1g" }),
    codes.smallContainer,
    "hosts.containers[1].memory: 1g is too little for a host; set at least 1700m",
  ],
  ...["0.0.0.4", "127.0.0.1", "169.254.1.1", "224.0.0.1", "255.255.255.255"].map((address): Case => [
    `the special address ${address}`,
    existing({ address, ssh: { host: "10.0.0.4", hostKey } }, {}),
    codes.specialAddress,
    `hosts.existing[0].address: ${address} is `,
  ]),
  [
    "two hosts behind one SSH server",
    existing({}, { ssh: { hostKey, host: "10.0.0.4" } }),
    codes.sameMachine,
    'hosts.existing[1].ssh.host: 10.0.0.4 port 22 is also where hosts.existing[0] ("master") is reached; every host needs',
  ],
  ...[
    ["gw.lan", "GW.lan."],
    ["fd00::1", "fd00:0::1"],
    ["10.0.0.7", "::ffff:10.0.0.7"],
    ["localhost", "127.0.0.1"],
  ].map(([one, other]): Case => [
    `an SSH server that is written ${one} and ${other}`,
    existing({ ssh: { hostKey, host: one } }, { ssh: { hostKey, host: other } }),
    codes.sameMachine,
    "hosts.existing[1].ssh.host: ",
  ]),
  [
    "a control plane's address with a zone",
    existing({ ssh: { hostKey, host: "fe80::1%eth0" } }, {}),
    codes.unfitApiServer,
    "hosts.existing[0].ssh.host: fe80::1%eth0 makes no URL of this control plane's API server, https://[fe80::1%eth0]:6443; set an address without a zone, or a name",
  ],
  [
    "a control plane's name whose end reads as a number",
    existing({ ssh: { hostKey, host: "master.0x1" } }, {}),
    codes.unfitApiServer,
    "hosts.existing[0].ssh.host: master.0x1 makes no URL of this control plane's API server, https://master.0x1:6443; set an address, or another name",
  ],
  [
    "a private key with a passphrase",
    { ...lab, sshPrivateKey: privateKeyOf("a user", "aes256-ctr") },
    codes.lockedKey,
    "sshPrivateKey: is locked by a passphrase, which nobody can enter while `up` runs; set a key without one",
  ],
  [
    "the public half in place of the private key",
    { ...lab, sshPrivateKey: publicKeyOf("a user") },
    codes.noKey,
    "sshPrivateKey: is no private key in OpenSSH's format or PEM; set the whole file",
  ],
  [
    "a private key that lost its line breaks",
    { ...lab, sshPrivateKey: lab.sshPrivateKey.replaceAll("\n", " ") },
    codes.noKey,
    "sshPrivateKey: is no private key",
  ],
  ...["sk-ssh-ed25519@openssh.com", "ssh-dss"].map((type): Case => [
    `a private key of the type ${type}`,
    { ...lab, sshPrivateKey: privateKeyOf("a user", "none", type) },
    codes.keyType,
    `sshPrivateKey: is a key of the type "${type}", by which Pulumi can't log in; set an ed25519, RSA or ECDSA key`,
  ]),
  [
    "a host key that was cut off",
    existing({ ssh: { hostKey: hostKey.slice(0, -4) } }, {}),
    codes.noPublicKey,
    `hosts.existing[0].ssh.hostKey: "${hostKey.slice(0, 40)}" is no ed25519 key: what follows`,
  ],
  [
    "a bastion's host key that was cut off",
    { ...lab, hosts: { ...lab.hosts, ssh: { bastion: { host: "bastion.lan", hostKey: "ssh-ed25519 AAAA" } } } },
    codes.noPublicKey,
    'hosts.ssh.bastion.hostKey: "ssh-ed25519 AAAA" is no ed25519 key',
  ],
  [
    "the placeholder of Pulumi.lab.yaml",
    existing({}, { ssh: { hostKey: "ssh-ed25519 AAAA-of-worker" } }),
    codes.noPublicKey,
    'hosts.existing[1].ssh.hostKey: "ssh-ed25519 AAAA-of-worker" is no ed25519 key',
  ],
  ...["/data/../etc/x", "/data//x", "/./x", "/."].map((path): Case => [
    `the folder ${path}`,
    dev({ storage: { path } }),
    codes.unfitPath,
    `storage.path: ${path} must be written without //, . and .., and not be / itself; set /`,
  ]),
  ...["/tmp", "/run/x", "/proc", "/etc/kubernetes", "/var/lib/kubelet/", "/var/lib/etcd/data", "/opt/cni/bin"].map(
    (path): Case => [
      `the folder ${path}`,
      dev({ storage: { path } }),
      codes.unfitPath,
      `storage.path: ${path} is in /`,
    ],
  ),
  ...["/", "/mnt/my data", "~/data"].map((path): Case => [
    `the folder ${path}`,
    dev({ storage: { path } }),
    codes.wrongForm,
    `storage.path: "${path}" must be an absolute path below / of letters, digits, ., _, - and /`,
  ]),
  [
    "fewer CPUs than Docker takes",
    containers({ ...master, cpus: 0.001 }),
    codes.outOfRange,
    "hosts.containers[0].cpus: 0.001 must be a number of at least 0.01",
  ],
  ...["podCidr: 10.244.0.0/16 contains 10.244.3.4", "serviceCidr: 10.96.0.0/12 contains 10.96.0.20"].map(
    (words): Case => {
      const address = words.split(" ").at(-1)!;
      return [
        `a mirror at ${address}`,
        dev({ artifacts: { mirror: `http://${address}:5000`, mirrorKey } }),
        codes.rangeHasHost,
        `kubernetes.${words}, the address of artifacts.mirror; set a range that it isn't in`,
      ];
    },
  ),
  [
    "pods' addresses for fewer hosts than there are",
    dev({ kubernetes: { podCidr: "10.244.0.0/24" } }),
    codes.podRangeSize,
    "kubernetes.podCidr: 10.244.0.0/24 has room for 1 hosts, a /24 each, and 2 are listed; set a /23 or larger",
  ],
  ...["10.244.0.0/25", "32.0.0.0/7"].map((podCidr): Case => [
    `pods in ${podCidr}`,
    dev({ kubernetes: { podCidr } }),
    codes.podRangeSize,
    `kubernetes.podCidr: ${podCidr} must be from /8 to /24`,
  ]),
  ...["10.96.0.0/11", "10.96.0.0/29"].map((serviceCidr): Case => [
    `services in ${serviceCidr}`,
    dev({ kubernetes: { serviceCidr } }),
    codes.serviceRangeSize,
    `kubernetes.serviceCidr: ${serviceCidr} must be from /12 to /28, kubeadm's limits`,
  ]),
  [
    "fewer addresses than services",
    dev({ kubernetes: { serviceCidr: "10.96.0.0/28" }, kafka: { brokers: 5, outsidePort: 31000, security: toAll } }),
    codes.serviceRangeSize,
    "kubernetes.serviceCidr: 10.96.0.0/28 has room for 14 services, and Kubernetes with kafka.brokers, 5, may have 16",
  ],
  [
    "services among loopback addresses",
    dev({ kubernetes: { serviceCidr: "127.16.0.0/16" } }),
    codes.specialRange,
    "kubernetes.serviceCidr: 127.16.0.0/16 has addresses that are each machine's own loopback (127.0.0.0/8); set a private",
  ],
  [
    "pods among multicast addresses",
    dev({ kubernetes: { podCidr: "239.0.0.0/16" } }),
    codes.specialRange,
    "kubernetes.podCidr: 239.0.0.0/16 has addresses that are for multicast (224.0.0.0/4)",
  ],
  [
    "a range for pods that starts in its middle",
    dev({ kubernetes: { podCidr: "10.244.1.0/16" } }),
    codes.rangeStart,
    "kubernetes.podCidr: 10.244.1.0/16 doesn't start at 10.244.1.0; set 10.244.0.0/16",
  ],
  ...["localhost", "api.localhost", "localhost.localdomain", "ip6-localhost"].map((endpoint): Case => [
    `the endpoint ${endpoint}`,
    dev({ kubernetes: { endpoint } }),
    codes.endpointTaken,
    `kubernetes.endpoint: ${endpoint} is each host itself`,
  ]),
  [
    "a host's name as the endpoint",
    dev({ kubernetes: { endpoint: "worker" } }),
    codes.endpointTaken,
    "kubernetes.endpoint: worker is also the name of hosts.containers[1]; set a name that nothing else has",
  ],
  [
    "the mirror's name as the endpoint",
    dev({ kubernetes: { endpoint: "mirror.lan" }, artifacts: { mirror: "http://Mirror.lan:5000", mirrorKey } }),
    codes.endpointTaken,
    "kubernetes.endpoint: mirror.lan is also the host of artifacts.mirror, which no host would reach; set a name",
  ],
  ...["127.0.0.1:5000", "localhost", "localhost.", "[::1]:5000", "0.0.0.0"].map((host): Case => [
    `a mirror at ${host}`,
    dev({ artifacts: { mirror: `http://${host}/path` } }),
    codes.mirrorOnLoopback,
    `artifacts.mirror: ${host} is each host itself; set an address at which the hosts reach the mirror`,
  ]),
  ...[1, 67, 575].map((mtu): Case => [
    `an MTU of ${mtu}`,
    dev({ network: { mtu } }),
    codes.tinyMtu,
    `network.mtu: ${mtu} is less than what every network carries; set 0, which finds it out, or from 576 to 9000`,
  ]),
  [
    "encryption by a plug-in that isn't named",
    dev({ kubernetes: { secretsEncryption: { keyGeneration: 1, provider: "kms" } } }),
    codes.noPlugin,
    "kubernetes.secretsEncryption.kms: is missing, and provider is kms; set kms.socket to the plug-in's socket",
  ],
  [
    "a plug-in without encryption",
    dev({
      kubernetes: {
        encryptSecrets: false,
        secretsEncryption: { keyGeneration: 1, provider: "kms", kms: { socket: "/run/kms/plugin.sock" } },
      },
    }),
    codes.noPlugin,
    "kubernetes.secretsEncryption.provider: kms encrypts nothing while kubernetes.encryptSecrets is false; set that to true, or provider to secretbox",
  ],
  [
    "more CPU asked for than may be had",
    dev({ kafka: { resources: { requests: { cpu: "2" }, limits: { cpu: "500m" } } } }),
    codes.requestsAboveLimits,
    "kafka.resources.requests.cpu: 2 is more than kafka.resources.limits.cpu, 500m; set at most that",
  ],
  [
    "less CPU than is asked for by default",
    dev({ kafka: { resources: { limits: { cpu: "0.1" } } } }),
    codes.requestsAboveLimits,
    "kafka.resources.requests.cpu: the default, 250m, is more than kafka.resources.limits.cpu, 0.1",
  ],
  [
    "more memory asked for than may be had by default",
    dev({ kafka: { controllers: { resources: { requests: { memory: "2Gi" } } } } }),
    codes.requestsAboveLimits,
    "kafka.controllers.resources.requests.memory: 2Gi is more than kafka.controllers.resources.limits.memory, 1024Mi by",
  ],
  [
    "a heap larger than the memory",
    dev({ kafka: { heap: "2g", resources: { limits: { memory: "2Gi" } } } }),
    codes.heapAboveLimit,
    "kafka.heap: 2g doesn't fit kafka.resources.limits.memory, 2Gi: a JVM takes 128Mi and more beside its heap",
  ],
  ...["64m", "160m"].map((heap): Case => [
    `a heap of ${heap}`,
    dev({ kafka: { heap } }),
    codes.heapTooSmall,
    `kafka.heap: ${heap} is too small: a broker takes 128m of it for the log cleaner when it starts (log.cleaner.dedupe`,
  ]),
  [
    "a heap that no broker starts with, even without a log cleaner",
    dev({ kafka: { heap: "32m", properties: { "log.cleaner.enable": false } } }),
    codes.heapTooSmall,
    "kafka.heap: 32m is too small: a broker doesn't start with 32m or less; set at least 256m",
  ],
  [
    "a heap that no controller starts with",
    dev({ kafka: { controllers: { heap: "20m" } } }),
    codes.heapTooSmall,
    "kafka.controllers.heap: 20m is too small: a controller runs out of it when it starts; set at least 128m",
  ],
  [
    "more brokers than containers have memory for",
    { ...containers({ ...master, memory: "4g" }, { ...worker, memory: "3g" }), kafka: { brokers: 5 } },
    codes.memoryOfContainers,
    "kafka.brokers: 5 with 768Mi each (kafka.heap, 512m) don't fit the memory of hosts.containers that run pods, 3072Mi in 1",
  ],
  [
    "a heap for which no container has memory",
    {
      ...containers({ ...master, memory: "4g" }, { ...worker, memory: "3g" }),
      kafka: { heap: "3g", resources: { requests: { memory: "1Gi" } } },
    },
    codes.memoryOfContainers,
    "kafka.brokers: 1 with 3200Mi each (kafka.heap, 3g) don't fit",
  ],
  [
    "brokers and controllers that together have no room",
    { ...containers({ ...master, memory: "4g" }, { ...worker, memory: "3g" }), kafka: { brokers: 3, controllers: {} } },
    codes.memoryOfContainers,
    "kafka.brokers: 3 with 768Mi each",
  ],
  ...gcpMistakes,
];

test.each(mistakes)("%s is a mistake", (_name, values, code, expected) => {
  expect(mistakesIn(values)).toEqual([expect.stringContaining(`${code} ${expected}`)]);
});

describe("backups", () => {
  const s3 = {
    endpoint: "https://s3.example.com",
    bucket: "backups",
    accessKeyId: "id",
    secretAccessKey: "c0nfidential",
  };
  const found = (backups: object, encrypted: string[] = []) =>
    mistakesOf(() => parseConfig("lab", dev({ kubernetes: { backups } }), [], encrypted));

  test("with a bucket's key in clear are a mistake, which doesn't repeat the key", () => {
    expect(found({ s3 })).toEqual([
      expect.stringMatching(/^KK950 kubernetes.backups.s3: its secretAccessKey is in clear/),
    ]);
    expect(found({ s3 }).join()).not.toContain(s3.secretAccessKey);
  });

  test("with an encrypted key are none", () => expect(found({ s3 }, ["kubernetes"])).toEqual([]));

  const pem = (of: string) => /-----BEGIN CERT[^]*/.exec(of)![0];
  test("are encrypted to a certificate that can be read", () => {
    expect(found({ encryptTo: pem(certificate("backups")) })).toEqual([]);
    const broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    expect(found({ encryptTo: broken })).toEqual([
      expect.stringMatching(/^KK951 kubernetes.backups.encryptTo: is no cert/),
    ]);
  });

  test("are not encrypted to a key that only signs", () => {
    const words = "req -x509 -nodes -newkey ed25519 -keyout /dev/null -days 1 -subj /CN=backups".split(" ");
    const signs = execFileSync("openssl", words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    expect(found({ encryptTo: signs })).toEqual([expect.stringContaining("is a certificate of a key of type ed25519")]);
  });
});

describe("the private key in the stack's file", () => {
  beforeAll(() =>
    pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "kubeadm-kafka", "lab"),
  );
  const load = (encrypted: string[], changes: Record<string, string> = {}, ...here: Parameters<typeof loadConfig>) => {
    const values = { hosts: JSON.stringify(lab.hosts), sshPrivateKey: lab.sshPrivateKey, ...changes };
    pulumi.runtime.setAllConfig(
      Object.fromEntries(Object.entries(values).map(([key, value]) => [`kubeadm-kafka:${key}`, value])),
    );
    process.env["PULUMI_CONFIG_SECRET_KEYS"] = JSON.stringify(encrypted);
    return mistakesInFile(...here);
  };
  afterEach(() => delete process.env["PULUMI_CONFIG_SECRET_KEYS"]);

  test("in clear is a mistake, and isn't repeated in the message", () => {
    expect(load([])).toEqual([expect.stringMatching(`^${codes.privateKeyInClear} sshPrivateKey: is in clear`)]);
    expect(load([]).join()).not.toContain("BEGIN");
  });

  test("is no mistake if it is encrypted", () => expect(load(["kubeadm-kafka:sshPrivateKey"])).toEqual([]));

  test("under a misspelt name, or in place of a section, is in no message and hides no other mistake", () => {
    const found = load([], { sshPrivatKey: lab.sshPrivateKey, kafka: lab.sshPrivateKey });
    expect(found).toEqual([
      "KK103 kafka: is text; it must be a set of keys",
      expect.stringMatching(/^KK209 sshPrivateKey: is in clear/),
      expect.stringMatching(/^KK102 sshPrivatKey: is unknown; known here: hosts, sshPrivateKey/),
    ]);
  });

  test("is reported without what this machine lacks, which is found only for a config without mistakes", () => {
    const lack = { code: codes.notMirrored, key: "kubernetes.version", message: "isn't in the mirror" };
    expect(load([], {}, () => [lack])).toEqual([expect.stringContaining(codes.privateKeyInClear)]);
    expect(
      load(["kubeadm-kafka:sshPrivateKey"], {}, ({ kubernetes }) => [{ ...lack, message: kubernetes.version }]),
    ).toEqual([`${codes.notMirrored} kubernetes.version: ${versions.kubernetes}`]);
  });

  test("of another project doesn't count", () => expect(load(["other:sshPrivateKey"])).toHaveLength(1));
});

describe("versions that a stack keeps", () => {
  beforeAll(() =>
    pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "kubeadm-kafka", "dev"),
  );
  const load = (kept: Parameters<typeof loadConfig>[1], sections: Record<string, object> = {}) => {
    const values = Object.entries(dev(sections)).map(([key, value]) => [`kubeadm-kafka:${key}`, JSON.stringify(value)]);
    pulumi.runtime.setAllConfig(Object.fromEntries(values) as Record<string, string>);
    // A mirror that has nothing shows the version that was loaded.
    const lack = (version: string) => ({ code: codes.notMirrored, key: "kubernetes.version", message: version });
    return mistakesInFile(({ kubernetes }) => [lack(kubernetes.version)], kept);
  };

  test("are loaded where the config names none", () => {
    expect(load({ kubernetes: "1.35.4" })).toEqual(["KK503 kubernetes.version: 1.35.4"]);
    expect(load({ kubernetes: "1.35.4" }, { kubernetes: { version: "1.36.3" } })).toEqual([
      "KK503 kubernetes.version: 1.36.3",
    ]);
  });

  test("are listed with the config's other mistakes if this checkout can't run them", () => {
    expect(load({ kubernetes: "1.30.1" }, { kafka: { brokers: 0 } })).toEqual([
      expect.stringMatching(/^KK105 kafka.brokers: /),
      expect.stringMatching(`^${codes.keptUnsupported} kubernetes.version: isn't set, so the stack keeps`),
    ]);
  });

  test("come with an open network, whose lists are refused until the config closes it", () => {
    const named = (network: object) => ({ kafka: { security: { network } } });
    const open = { kubernetes: "1.34.4", kafka: "4.3.1", network: "open" } as const;
    const ofNetwork = (network: object) => load(open, named(network)).filter((each) => each.includes("network"));
    expect(ofNetwork({ clientNamespaces: ["apps"] })).toEqual([
      expect.stringMatching(`^${codes.networkWithoutEffect} kafka.security.network.clientNamespaces`),
    ]);
    expect(ofNetwork({ mode: "closed", clientNamespaces: ["apps"] })).toEqual([]);
  });

  test("come with the step of encryption, from which a stack goes to the next one only", () => {
    const refused = (running: KeptEncryption["encryption"], security: object) =>
      load(
        { kubernetes: "1.34.4", kafka: "4.3.1", network: "open", encryption: running },
        { kafka: { security } },
      ).filter((each) => each.startsWith(codes.encryptionJump));
    expect(refused("open", { encryption: "closed" })).toEqual([
      expect.stringMatching("kafka.security.encryption: would be closed, and the stack is open: .* Set prepared first"),
    ]);
    // The key was taken out of the config of a closed stack.
    expect(refused("closed", {})).toEqual([expect.stringContaining("would be open, and the stack is closed")]);
    expect(refused("closed", { encryption: "moved" })).toEqual([]);
    expect(refused("prepared", {})).toEqual([]);
    expect(refused(undefined, { encryption: "closed" })).toEqual([]);
  });

  test("need not be read if the config names both, and whether the network is open", () => {
    const kafka = { version: "4.3.1", security: { network: { mode: "closed" } } };
    expect(load({ unread: "why" }, { kubernetes: { version: "1.36.3" }, kafka })).toEqual([
      "KK503 kubernetes.version: 1.36.3",
    ]);
    expect(load({ unread: "why" }, { kafka })).toEqual([
      expect.stringMatching(`^${codes.keptUnread} kubernetes.version: `),
    ]);
    expect(load({ unread: "why" }, { kubernetes: { version: "1.36.3" }, kafka: { version: "4.3.1" } })).toEqual([
      expect.stringMatching(`^${codes.keptNetworkUnread} kafka.security.network.mode: `),
    ]);
  });
});

describe("an encrypted value below kafka", () => {
  const properties = { "ssl.keystore.password": "hunter2", "num.io.threads": 4 };
  const load = (kafka: object, encrypted: readonly string[]) => parseConfig("dev", dev({ kafka }), [], encrypted).kafka;

  test("makes all properties secret", () => {
    expect(load({ properties }, ["kafka"]).secretProperties).toBe(true);
    expect(load({ properties }, ["sshPrivateKey"]).secretProperties).toBe(false);
  });

  test.each([
    [{ properties: { "num.io.threads": "hunter2" } }, "its value must be a whole number of at least 1"],
    [{ topics: { t: { ...topic, config: { "retention.ms": "hunter2" } } } }, "its value must be a whole number"],
    [{ heap: "hunter2" }, "its value must be a size as Java takes it"],
    [
      {
        security: { encryption: "closed" },
        users: { orders: { acls: [{ ...read, name: "hunter2", operations: ["hunter2"] }] } },
      },
      "its value is no operation of Kafka's on a Topic",
    ],
    [
      {
        security: { encryption: "closed" },
        users: {
          orders: {
            acls: [
              { ...read, name: "hunter2" },
              { ...read, name: "hunter2" },
            ],
          },
        },
      },
      "is the same as kafka.users.orders.acls[0].operations[0]; remove one",
    ],
  ])("is in no message: %j", (kafka, said) => {
    const found = mistakesOf(() => load(kafka, ["kafka"]));
    expect(found).toEqual([expect.stringContaining(said)]);
    expect(found.join()).not.toContain("hunter2");
  });
});

describe("an SSH agent", () => {
  const { SSH_AUTH_SOCK } = process.env;
  afterEach(() => {
    process.env["SSH_AUTH_SOCK"] = SSH_AUTH_SOCK;
    if (SSH_AUTH_SOCK === undefined) delete process.env["SSH_AUTH_SOCK"];
  });
  const load = (socket: string, preview: boolean) => {
    process.env["SSH_AUTH_SOCK"] = socket;
    const mocks = { newResource: () => ({ id: "", state: {} }), call: () => ({}) };
    void pulumi.runtime.setMocks(mocks, "kubeadm-kafka", "lab", preview);
    pulumi.runtime.setAllConfig({
      "kubeadm-kafka:hosts": JSON.stringify({ ...lab.hosts, ssh: { agent: true } }),
    });
    return mistakesInFile();
  };

  test("that is missing is a mistake in an update, not in a preview, which logs in nowhere", () => {
    expect(load("", false)).toEqual([expect.stringMatching(`^${codes.noAgent} hosts.ssh.agent: needs an SSH agent`)]);
    expect(load("", true)).toEqual([]);
  });

  test("that exists is no mistake", () => expect(load("/run/agent", false)).toEqual([]));
});

test("these cases cover every code", () => {
  const others = [
    codes.privateKeyInClear,
    codes.noAgent,
    codes.notMirrored,
    codes.unsignedMirror,
    codes.keptUnsupported,
    codes.keptUnread,
    codes.keptNetworkUnread,
    codes.encryptionJump,
    codes.backupKeyInClear,
    codes.unfitCertificate,
    codes.unknownRestore,
  ];
  const seen = [...mistakes.map(([, , code]) => code), ...others];
  expect([...new Set(seen)].sort()).toEqual(Object.values(codes).sort());
});

test("if taints and scheduleOnControlPlane together repel pods, both are reported", () => {
  const taints = ["use=kafka:NoExecute"];
  const config = { ...containers({ ...master, taints }), kubernetes: { scheduleOnControlPlane: false } };
  expect(mistakesIn(config)).toEqual([
    expect.stringContaining("KK211 hosts.containers[0].taints: leaves no host"),
    expect.stringContaining("KK211 kubernetes.scheduleOnControlPlane: false leaves no host"),
  ]);
  expect(mistakesIn(existing({}, { lost: true, taints }))).toEqual([]);
});

test("a Kafka that is too old hides no mistake in its settings' names", () => {
  const properties = { "num.io.thread": 8 };
  expect(mistakesIn(dev({ kafka: { version: "4.2.1", properties } }))).toEqual([
    expect.stringContaining('KK409 kafka.properties["num.io.thread"]: is unknown to Kafka 4.3'),
    expect.stringContaining("KK403 kafka.version: 4.2.1"),
  ]);
  expect(mistakesIn(dev({ kafka: { version: "4.99.0", properties } }))).toEqual([]);
});

test("all mistakes are listed at once, aligned and by their keys, under the file's name", () => {
  const values = containers(worker, { ...worker, address: "10.0.0.4" });
  expect(() => parseConfig("lab", values)).toThrow(
    [
      "3 mistakes in Pulumi.lab.yaml, nothing was touched (docs/errors.md has the codes):",
      "  hosts.containers             has no control plane; give one host `role: control-plane` [KK206]",
      "  hosts.containers[1].address  10.0.0.4 isn't free for a host; set one from 172.30.0.3 to 172.30.0.254 [KK205]",
      '  hosts.containers[1].name     worker is also the name of hosts.containers[0] ("worker"); every host needs its own [KK203]',
    ].join("\n"),
  );
});

test("a config with twenty mistakes lists twenty, of the schema and of rules, each with its value and a remedy", () => {
  const values = {
    hosts: {
      existing: [
        { ...master, address: "127.0.0.1", ssh: { hostKey: "ssh-ed25519 AAAA" } },
        { name: "Worker_1", address: "10.0.0.5", ssh: { hostKey } },
        { name: "spare", address: "10.0.0.5", ssh: { hostKey, user: "the user" } },
      ],
    },
    sshPrivateKey: lab.sshPrivateKey,
    kubernetes: { version: "1.33.1", podCidr: "10.244.0.0/24", serviceCidr: "169.254.0.0/16", endpoint: "localhost" },
    network: { mtu: 67, encapsulation: "GRE" },
    kafka: {
      brokers: "3",
      heap: "2g",
      outsideport: 30000,
      resources: { limits: { memory: "1Gi" } },
      properties: { "node.id": 1, "num.io.thread": 8, "log.cleanup.policy": "compress" },
      topics: { orders: { partitions: 0, replicationFactor: 1, config: { "retention.ms": "1d" } } },
    },
    artifacts: { source: "upstream", mirror: "http://10.0.0.2:5000" },
  };
  const found = mistakesIn(values);
  expect(found.map((mistake) => mistake.replace(/: .*/, ""))).toEqual([
    "KK502 artifacts.mirror",
    "KK216 hosts.existing[0].address",
    "KK220 hosts.existing[0].ssh.hostKey",
    "KK104 hosts.existing[1].name",
    "KK204 hosts.existing[2].address",
    "KK104 hosts.existing[2].ssh.user",
    "KK103 kafka.brokers",
    "KK413 kafka.heap",
    "KK102 kafka.outsideport",
    'KK410 kafka.properties["log.cleanup.policy"]',
    'KK401 kafka.properties["node.id"]',
    'KK409 kafka.properties["num.io.thread"]',
    'KK410 kafka.topics.orders.config["retention.ms"]',
    "KK105 kafka.topics.orders.partitions",
    "KK309 kubernetes.endpoint",
    "KK305 kubernetes.podCidr",
    "KK307 kubernetes.serviceCidr",
    "KK301 kubernetes.version",
    "KK104 network.encapsulation",
    "KK310 network.mtu",
  ]);
  expect(found).toHaveLength(20);
  const remedy = /set |must be|remove|did you mean|known here|every host needs/;
  expect(found.filter((mistake) => !remedy.test(mistake))).toEqual([]);
  expect(found.join()).toContain("10.0.0.5 is also the address of hosts.existing[1]; every host needs its own");
});

test.each<[string, Record<string, unknown>]>([
  ["a role that is none takes no control plane away", containers({ name: "master", role: "master" }, worker)],
  [
    "brokers that are no number are not fewer than replicas",
    dev({ kafka: { brokers: "3", topics: { t: { partitions: 1, replicationFactor: 3 } } } }),
  ],
  [
    "a range that is none overlaps nothing",
    dev({ kubernetes: { serviceCidr: "10.200.0.0", podCidr: "10.100.0.0/16" } }),
  ],
  [
    "a threshold that is none contradicts no other",
    containers({ ...master, kubelet: { imageGCHighThresholdPercent: 70, imageGCLowThresholdPercent: "60%" } }),
  ],
  ["a heap that is none fits its limit", dev({ kafka: { heap: "512", resources: { limits: { memory: "512Mi" } } } })],
  ["an empty list of hosts is not a list that is missing", containers()],
  ["a host without a name has nobody else's", existing({ name: undefined }, { name: "stand-in-0" })],
  [
    "a source that is none needs no mirror",
    dev({ artifacts: { source: "mirrors", mirror: "http://10.0.0.2", mirrorKey } }),
  ],
])("no mistake follows from another: %s", (_name, values) => expect(mistakesIn(values)).toHaveLength(1));
