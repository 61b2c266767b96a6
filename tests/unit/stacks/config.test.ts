import { parseConfig } from "../../../stacks/config";
import { ConfigError } from "../../../stacks/mistakes";

const master = { name: "master", role: "control-plane" };
const worker = { name: "worker" };
const hostKey = "ssh-ed25519 AAAA";
const lab = {
  sshPrivateKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
  hosts: {
    existing: [
      { ...master, address: "10.0.0.4", ssh: { hostKey } },
      { ...worker, address: "10.0.0.5", ssh: { hostKey } },
    ],
  },
};

function mistakesIn(values: Record<string, unknown>): string[] {
  try {
    parseConfig("lab", values);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes.map(({ key, message }) => `${key}: ${message}`);
    throw error;
  }
  return [];
}

/** The dev stack's hosts with one section of the config added. */
const dev = (rest: Record<string, unknown> = {}) => ({ hosts: { containers: [master, worker] }, ...rest });
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

test("two containers and nothing else is a whole config: everything has a default", () => {
  const config = parseConfig("dev", dev());
  expect(config.kafka.brokers).toBe(1);
  expect(config.hosts.containers?.[1]?.role).toBe("worker");
  expect(config.artifacts.source).toBe("auto");
});

test("the lab's hosts are accepted", () => {
  expect(mistakesIn(lab)).toEqual([]);
});

test.each<[string, Record<string, unknown>, string]>([
  ["no hosts key", {}, "hosts: is missing; it must be object"],
  ["no hosts in it", { hosts: {} }, "hosts: has no hosts; list them under `containers` or `existing`"],
  ["an empty list", containers(), "hosts.containers: must list at least one host"],
  ["both backends", { ...lab, hosts: { ...lab.hosts, containers: [master] } }, "hosts: has both"],
  ["an unknown key at the top", dev({ kafak: {} }), "kafak: is unknown; known here: hosts, sshPrivateKey, kubernetes"],
  ["an unknown key inside", dev({ kafka: { broker: 3 } }), "kafka.broker: is unknown; known here: brokers, storage"],
  ["an unknown key of a host", containers({ ...master, adress: "x" }), "hosts.containers[0].adress: is unknown; known"],
  [
    "a name that is no DNS label",
    containers({ ...master, name: "Master_1" }),
    "hosts.containers[0].name: must be a DNS label",
  ],
  [
    "a role that doesn't exist",
    containers({ ...master, role: "master" }),
    'hosts.containers[0].role: "master" must be one of: control-plane, worker',
  ],
  [
    "the same name twice",
    containers(master, { ...worker, name: "master" }),
    'hosts.containers[1].name: master is also the name of hosts.containers[0] ("master")',
  ],
  [
    "the same address twice",
    existing({}, { address: "10.0.0.4" }),
    "hosts.existing[1].address: 10.0.0.4 is also the address of hosts.existing[0]",
  ],
  [
    "an address that a default takes",
    containers(master, { ...worker, address: "172.30.0.10" }),
    "hosts.containers[1].address: 172.30.0.10 is also",
  ],
  [
    "a container outside the network",
    containers({ ...master, address: "10.0.0.4" }),
    "hosts.containers[0].address: 10.0.0.4 isn't free",
  ],
  [
    "the mirror's address",
    containers({ ...master, address: "172.30.0.2" }),
    "hosts.containers[0].address: 172.30.0.2 isn't free",
  ],
  ["no address of an existing host", existing({ address: undefined }, {}), "hosts.existing[0].address: is missing"],
  ["no IPv4 address", existing({ address: "master.lan" }, {}), "hosts.existing[0].address: must be an IPv4 address"],
  ["no host key", existing({ ssh: {} }, {}), "hosts.existing[0].ssh.hostKey: missing; take it from `ssh-keyscan"],
  [
    "a host key of the wrong form",
    existing({ ssh: { hostKey: "AAAA" } }, {}),
    "hosts.existing[0].ssh.hostKey: must be `ssh-ed25519 BASE64`",
  ],
  ["no private key for existing hosts", { hosts: lab.hosts }, "sshPrivateKey: is needed to reach existing hosts"],
  ["no control plane", containers(worker), "hosts.containers: has no control plane"],
  [
    "two control planes",
    containers(master, { ...master, name: "other" }),
    "hosts.containers: has 2 control planes; one is what is supported so far, and an even number",
  ],
  [
    "a version of another minor",
    dev({ kubernetes: { version: "1.33.1" } }),
    "kubernetes.version: 1.33.1 isn't supported; set 1.34.",
  ],
  ["a version that is none", dev({ kubernetes: { version: "latest" } }), "kubernetes.version: latest isn't supported"],
  ["a range that is none", dev({ kubernetes: { podCidr: "10.0.0.0" } }), "kubernetes.podCidr: must be an IPv4 range"],
  [
    "pods among services",
    dev({ kubernetes: { podCidr: "10.100.0.0/16" } }),
    "kubernetes.podCidr: 10.100.0.0/16 overlaps kubernetes.serviceCidr",
  ],
  [
    "pods among containers",
    dev({ kubernetes: { podCidr: "172.16.0.0/12" } }),
    "kubernetes.podCidr: 172.16.0.0/12 overlaps the hosts' network",
  ],
  [
    "services among hosts",
    existing({ address: "10.96.0.9" }, {}),
    'kubernetes.serviceCidr: 10.96.0.0/12 contains 10.96.0.9, the address of hosts.existing[0] ("master")',
  ],
  ["zero brokers", dev({ kafka: { brokers: 0 } }), "kafka.brokers: must be at least 1"],
  ["half a broker", dev({ kafka: { brokers: 1.5 } }), "kafka.brokers: must be a whole number"],
  ["brokers as text", dev({ kafka: { brokers: "three" } }), "kafka.brokers: must be a whole number"],
  [
    "storage without a unit",
    dev({ kafka: { storage: { size: "10" } } }),
    "kafka.storage.size: must be a size with a binary unit",
  ],
  ["a property that the plan decides", dev({ kafka: { properties: { "node.id": 7 } } }), "kafka.properties: node.id: "],
  ["a mirror without address", dev({ artifacts: { source: "mirror" } }), "artifacts.mirror: is needed"],
  [
    "a mirror that isn't used",
    dev({ artifacts: { source: "upstream", mirror: "http://10.0.0.2:5000" } }),
    "artifacts.mirror: is set, but",
  ],
  [
    "an unknown encapsulation",
    dev({ network: { encapsulation: "GRE" } }),
    'network.encapsulation: "GRE" must be one of: VXLAN',
  ],
])("%s is a mistake", (_name, values, expected) => {
  expect(mistakesIn(values)).toEqual([expect.stringContaining(expected)]);
});

test("all mistakes are listed at once, aligned, under the file's name", () => {
  const values = containers(worker, { ...worker, address: "10.0.0.4" });
  expect(() => parseConfig("lab", values)).toThrow(
    [
      "3 mistakes in Pulumi.lab.yaml, nothing was touched:",
      '  hosts.containers[1].name     worker is also the name of hosts.containers[0] ("worker"); every host needs its own',
      "  hosts.containers[1].address  10.0.0.4 isn't free for a host; set one from 172.30.0.3 to 172.30.0.254",
      "  hosts.containers             has no control plane; give one host `role: control-plane`",
    ].join("\n"),
  );
});
