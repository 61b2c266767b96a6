import { ConfigError } from "../../../config/configError";
import { parseConfig } from "../../../config/parseConfig";
import { type ConfigKey, configRoot } from "../../../config/schema/keys";
import { codes, type Mistake } from "../../../config/mistakes";
import { privateKeyOf, publicKeyOf } from "../../support/keys";

/** One wrong value for each key whose text must have a form. */
const misshapen: Record<string, string> = {
  "hosts.containers[0].name": "Master_1",
  "hosts.containers[0].address": "10.0.0",
  "hosts.containers[0].memory": "3 GB",
  "hosts.containers[0].labels.property": "two words",
  "hosts.containers[0].taints[0]": "use=kafka",
  "hosts.containers[0].kubelet.systemReserved.cpu": "half",
  "hosts.containers[0].kubelet.systemReserved.memory": "1G",
  "hosts.containers[0].kubelet.kubeReserved.cpu": "half",
  "hosts.containers[0].kubelet.kubeReserved.memory": "1G",
  'hosts.containers[0].kubelet.evictionHard["pid.available"]': "little",
  "hosts.containers[0].kubelet.containerLogMaxSize": "10MB",
  "hosts.existing[0].name": "-master",
  "hosts.existing[0].address": "master.lan",
  "hosts.existing[0].ssh.hostKey": "ssh-rsa AAAA",
  "hosts.existing[0].ssh.host": "ubuntu@10.0.0.4",
  "hosts.existing[0].ssh.user": "the user",
  "hosts.ssh.user": "-oProxyCommand=x",
  "hosts.ssh.bastion.host": "bastion.lan:22",
  "hosts.ssh.bastion.user": "",
  "hosts.ssh.bastion.hostKey": "learn",
  "hosts.existing[0].labels.property": "-",
  "hosts.existing[0].taints[0]": "use:Never",
  "hosts.existing[0].kubelet.systemReserved.cpu": "half",
  "hosts.existing[0].kubelet.systemReserved.memory": "1G",
  "hosts.existing[0].kubelet.kubeReserved.cpu": "half",
  "hosts.existing[0].kubelet.kubeReserved.memory": "1G",
  'hosts.existing[0].kubelet.evictionHard["pid.available"]': "little",
  "hosts.existing[0].kubelet.containerLogMaxSize": "10MB",
  "hosts.gcp.project": "My Project",
  "hosts.gcp.region": "Europe",
  "hosts.gcp.zones[0]": "europe-west8",
  "hosts.gcp.network.name": "1st",
  "hosts.gcp.network.range": "10.240.0.0",
  "hosts.gcp.allow.ssh[0]": "everyone",
  "hosts.gcp.allow.api[0]": "203.0.113.7",
  "hosts.gcp.machine.type": "large",
  "hosts.gcp.machine.image": "ubuntu",
  "hosts.gcp.serviceAccount": "nodes",
  "hosts.gcp.ssh.user": "Me",
  "hosts.gcp.ssh.publicKey": "AAAA",
  "hosts.gcp.instances[0].name": "Controller_0",
  "hosts.gcp.instances[0].address": "10.240.0",
  "hosts.gcp.instances[0].zone": "a",
  "hosts.gcp.instances[0].podRange": "10.200.0",
  "hosts.gcp.instances[0].type": "large",
  "hosts.gcp.instances[0].labels.property": "a/b",
  "hosts.gcp.instances[0].taints[0]": "=kafka:NoSchedule",
  "hosts.gcp.instances[0].kubelet.systemReserved.cpu": "half",
  "hosts.gcp.instances[0].kubelet.systemReserved.memory": "1G",
  "hosts.gcp.instances[0].kubelet.kubeReserved.cpu": "half",
  "hosts.gcp.instances[0].kubelet.kubeReserved.memory": "1G",
  'hosts.gcp.instances[0].kubelet.evictionHard["pid.available"]': "little",
  "hosts.gcp.instances[0].kubelet.containerLogMaxSize": "10MB",
  "kubernetes.podCidr": "10.244.0.0",
  "kubernetes.serviceCidr": "10.96.0.0/33",
  "kubernetes.endpoint": "https://api",
  "kubernetes.secretsEncryption.kms.socket": "/run/plugin.sock",
  "kubernetes.certificates.validity": "1y",
  "kubernetes.certificates.renewBefore": "0d",
  "kubernetes.backups.every": "hourly",
  "kubernetes.backups.encryptTo": "-----BEGIN PRIVATE KEY-----",
  "kubernetes.backups.s3.endpoint": "s3.example.com",
  "kubernetes.backups.s3.bucket": "My_Bucket",
  "kubernetes.backups.s3.prefix": "a prefix",
  "kubernetes.backups.s3.region": "Frankfurt am Main",
  "kubernetes.backups.s3.accessKeyId": 'a"b',
  "kubernetes.backups.s3.secretAccessKey": "two words",
  "storage.path": "data",
  "kafka.storage.size": "10",
  "kafka.heap": "512",
  "kafka.version": "3.9.0",
  "kafka.metadataVersion": "4.3.1",
  "kafka.clusterId": "kafka",
  "kafka.security.network.clientNamespaces[0]": "apps*",
  "kafka.security.network.outsideRanges[0]": "10.0.0.4",
  "kafka.security.network.brokerDestinations[0]": "storage.lan",
  "kafka.users.property.acls[0].name": " orders",
  "kafka.users.property.acls[0].hosts[0]": "10.0.0.0/8",
  "kafka.controllers.size": "5G",
  "kafka.controllers.heap": "1 gigabyte",
  "kafka.controllers.resources.requests.cpu": "half",
  "kafka.controllers.resources.requests.memory": "1G",
  "kafka.controllers.resources.limits.cpu": "-1",
  "kafka.controllers.resources.limits.memory": "0Gi",
  "kafka.resources.requests.cpu": "half",
  "kafka.resources.requests.memory": "1G",
  "kafka.resources.limits.cpu": "-1",
  "kafka.resources.limits.memory": "0Gi",
  "artifacts.mirror": "10.0.0.2",
  "artifacts.mirrorKey": "0x63B764DF2B",
};

/** Text that is a number without quotes. */
const alsoNumber = /\.(cpu|metadataVersion|acls\[0\]\.name)$|\.evictionHard\[/;

interface Case {
  key: string;
  value: unknown;
  code: Mistake["code"];
}

/** A valid name in a set whose keys the user names. */
const nameIn = ({ propertyNames }: ConfigKey): string =>
  propertyNames?.enum ? `["${propertyNames.enum.at(-1)}"]` : ".property";

/** Values that must be refused at a key and below it: a case for each rule of the schema. */
function casesOf(name: string, key: ConfigKey): Case[] {
  const refused = (value: unknown, code: Mistake["code"]): Case => ({ key: name, value, code });
  const inside = Object.entries(key.properties ?? {}).flatMap(([property, inner]) =>
    casesOf(name ? `${name}.${property}` : property, inner),
  );
  switch (key.type) {
    case "object": {
      const missing = (key.required ?? []).map((property) => ({
        key: name ? `${name}.${property}` : property,
        value: undefined,
        code: codes.missing,
      }));
      const more = key.additionalProperties
        ? casesOf(`${name}${nameIn(key)}`, key.additionalProperties)
        : [{ key: name ? `${name}.nonsense` : "nonsense", value: 1, code: codes.unknownKey }];
      return [...(name ? [refused(7, codes.wrongType)] : []), ...inside, ...missing, ...more];
    }
    case "array":
      return [
        refused({}, codes.wrongType),
        ...(key.minItems ? [refused([], codes.outOfRange)] : []),
        ...casesOf(`${name}[0]`, key.items!),
      ];
    case "integer":
    case "number":
      return [
        refused("many", codes.wrongType),
        ...(key.type === "integer" ? [refused(1.5, codes.wrongType)] : []),
        ...(key.minimum !== undefined ? [refused(key.minimum - 1, codes.outOfRange)] : []),
        ...(key.maximum !== undefined ? [refused(key.maximum + 1, codes.outOfRange)] : []),
      ];
    case "string":
      if (key.enum) return [refused("nonsense", codes.wrongForm)];
      return [
        refused(alsoNumber.test(name) ? true : 7, codes.wrongType),
        ...(key.form ? [refused(misshapen[name] ?? `no wrong value for ${name} in this test`, codes.wrongForm)] : []),
      ];
    default:
      return [refused([], codes.wrongType)];
  }
}

/** A mistake that only a rule finds. */
const otherMistake = { storage: { path: "/tmp" } };

/** A config that is valid except for the value at the key. */
function configWith(key: string, value: unknown, rest: object = {}): Record<string, unknown> {
  const hosts = {
    containers: [{ name: "master", role: "control-plane" }],
    existing: [{ name: "master", role: "control-plane", address: "10.0.0.4", ssh: { hostKey: publicKeyOf("a host") } }],
    gcp: {
      project: "my-project",
      region: "europe-west8",
      zones: ["europe-west8-a"],
      allow: { ssh: ["203.0.113.7/32"], api: ["203.0.113.7/32"] },
      instances: [{ name: "controller-0", role: "control-plane" }],
    },
  };
  const backend = (["existing", "gcp"] as const).find((each) => key.startsWith(`hosts.${each}`)) ?? "containers";
  const kafka = key.startsWith("kafka.topics.") && { topics: { property: { partitions: 1, replicationFactor: 1 } } };
  const acl = { resource: "Topic", name: "orders", operations: ["Read"] };
  const users = key.startsWith("kafka.users.") && {
    security: { encryption: "closed" },
    users: { property: key.includes(".acls[0].") ? { acls: [acl] } : {} },
  };
  const plugin = key.startsWith("kubernetes.secretsEncryption.kms.") && { kms: { socket: "/run/kms/plugin.sock" } };
  const encryption = key.startsWith("kubernetes.secretsEncryption.") && {
    kubernetes: { secretsEncryption: { keyGeneration: 1, ...plugin } },
  };
  const login = backend === "existing" && { sshPrivateKey: privateKeyOf("a user") };
  const bastion = { host: "10.0.0.1", hostKey: publicKeyOf("a host") };
  const ssh = key.startsWith("hosts.ssh.bastion.") && { ssh: { bastion } };
  const s3 = { endpoint: "https://s3", bucket: "backups", accessKeyId: "id", secretAccessKey: "secret" };
  const kubernetes = key.startsWith("kubernetes.backups.s3.") && { backups: { s3 } };
  const sections = {
    ...((kafka || users) && { kafka: { ...kafka, ...users } }),
    ...(kubernetes && { kubernetes }),
    ...encryption,
  };
  const config = { hosts: { [backend]: hosts[backend], ...ssh }, ...sections, ...login, ...rest };
  const path = key.split(/\.|\[(\d+)\]|\["(.+)"\]/).filter(Boolean);
  const holder = path.slice(0, -1).reduce<Record<string, unknown>>((object, part, at) => {
    object[part] ??= /^\d+$/.test(path[at + 1]!) ? [] : {};
    return object[part] as Record<string, unknown>;
  }, config);
  holder[path.at(-1)!] = value;
  return config;
}

function mistakesAt(key: string, value: unknown, rest?: object): readonly Mistake[] {
  try {
    parseConfig("dev", configWith(key, value, structuredClone(rest)));
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
}

const cases = casesOf("", configRoot).map(({ key, value, code }) => [key, JSON.stringify(value), code, value] as const);

const starts: Partial<Record<Mistake["code"], string>> = {
  [codes.missing]: "is missing; it must be ",
  [codes.unknownKey]: "is unknown; known here: ",
};

/** Users, places and URLs, which people write with passwords. */
const mayBeSecret = /\.(user|host|accessKeyId|secretAccessKey)$|^artifacts\.mirror$|\.s3\.endpoint$/;

test.each(cases)("%s: %s is refused as %s, with the value and what to set", (key, shown, code, value) => {
  const hidden = code === codes.wrongForm && mayBeSecret.test(key);
  const message: unknown = expect.stringContaining(starts[code] ?? `${hidden ? "its value" : shown} must be `);
  expect(mistakesAt(key, value)).toEqual([{ code, key, message }]);
});

test.each(cases.filter(([key]) => !key.startsWith("storage")))(
  "%s: %s neither hides nor causes mistakes that rules find elsewhere",
  (key, _shown, code, value) => {
    const found = mistakesAt(key, value, otherMistake).map((each) => [each.code, each.key]);
    expect(found).toHaveLength(2);
    expect(found).toEqual(
      expect.arrayContaining([
        [code, key],
        [codes.unfitPath, "storage.path"],
      ]),
    );
  },
);

test.each([1e-9, 1e300])("a limit of moves of %d MB/s is refused, since Kafka needs a whole number of bytes", (rate) =>
  expect(mistakesAt("kafka.moveMegabytesPerSecond", rate)).toEqual([
    expect.objectContaining({ code: codes.outOfRange, message: `${rate} must be a number from 0.001 to 100000` }),
  ]),
);

test.each(["__consumer_offsets", ".", "..", "", "a b", "ä", "a/b", "x".repeat(250)])(
  "refused as a topic's name: %j",
  (name) =>
    expect(mistakesAt("kafka.topics", { [name]: { partitions: 1, replicationFactor: 1 } })).toEqual([
      {
        code: codes.wrongForm,
        key: expect.stringMatching(/^kafka\.topics/),
        message: expect.stringContaining("must be a topic's name:"),
      },
    ]),
);

test.each(["Orders", "a.b", "a_b", "-a", "a-", "", "a=b", "x".repeat(44)])("refused as a user's name: %j", (name) =>
  expect(mistakesAt("kafka.users", { [name]: {} }, { kafka: { security: { encryption: "closed" } } })).toEqual([
    {
      code: codes.wrongForm,
      key: expect.stringMatching(/^kafka\.users/),
      message: expect.stringContaining("must be a user's name:"),
    },
  ]),
);

test.each(["memory.avail", "memory", "constructor"])("refused as a signal of the kubelet: %j", (name) =>
  expect(mistakesAt("hosts.containers[0].kubelet.evictionHard", { [name]: "100Mi" })).toEqual([
    {
      code: codes.unknownKey,
      key: expect.stringMatching(/evictionHard/),
      message: expect.stringContaining("is unknown; known here: memory.available, nodefs.available"),
    },
  ]),
);

test.each(["150%", "100.1%", "101%"])("a share of %s is refused", (share) =>
  expect(mistakesAt("hosts.containers[0].kubelet.evictionHard", { "memory.available": share })).toEqual([
    expect.objectContaining({ code: codes.wrongForm }),
  ]),
);

test.each(["a", "A.b_c-1", "_schemas", "...", "x".repeat(249)])("accepted as a topic's name: %j", (name) =>
  expect(mistakesAt("kafka.topics", { [name]: { partitions: 1, replicationFactor: 1 } })).toEqual([]),
);

test.each([
  [
    "kubernetes.endpoint",
    ["10.0.0.4", "api..lan", "api_1.lan", "-api", "api.", "x".repeat(64), "a.".repeat(127) + "aa"],
  ],
  ["artifacts.mirror", ["ftp://10.0.0.2", "http:/10.0.0.2", "http://10.0.0.2?a=b", "http://10.0.0.2#a", "http://a b"]],
  ["artifacts.mirror", ['http://10.0.0.2/a"b', "http://10.0.0.2/a'b", "http://10.0.0.2/a\\b", "http://10.0.0.2:0"]],
  ["hosts.ssh.bastion.host", ["999.1.1.1", "10.0.0.", "10.0.0", "7", "a..b", "-a", ".", "x".repeat(64), "a/b"]],
  ["hosts.ssh.user", ["a b", "root:root", "a/b"]],
  ["kafka.version", ["4.03.1", "4.3.01", "4.3"]],
  ["kafka.metadataVersion", ["4.03"]],
])("%s: values with a wrong form are refused", (key, values) =>
  values.forEach((value) =>
    expect(mistakesAt(key, value)).toEqual([expect.objectContaining({ code: codes.wrongForm })]),
  ),
);

/** What a key needs beside it. */
const needs: Record<string, object> = { "artifacts.mirror": { artifacts: { mirrorKey: "A".repeat(40) } } };

test.each([
  ["kubernetes.endpoint", ["api", "api.example.org", "1.api", "a-b.c1"]],
  ["artifacts.mirror", ["https://mirror.lan:5000/path", "http://[fd00::2]:5000", "HTTP://10.0.0.2/a%20b/"]],
  ["hosts.ssh.user", ["ubuntu", "John.Doe", "me@example.org", "_svc"]],
  ["hosts.ssh.bastion.host", ["10.0.0.1", "fd00::1", "fe80::1%eth0", "Bastion_1.lan", "gw.lan.", "7.lan", "a-1"]],
])("%s: valid values are accepted", (key, values) =>
  values.forEach((value) => expect(mistakesAt(key, value, needs[key])).toEqual([])),
);

test.each<[string, unknown, string]>([
  ["artifacts.mirror", "http://me:hunter2@10.0.0.2", "its value must be a URL"],
  ["artifacts.mirror", "http://me:hun/ter2@10.0.0.2", "its value must be a URL"],
  ["artifacts.mirror", "https://mirror.lan/?token=hunter2", "its value must be a URL"],
  ["storage.path", "http://me:hun/ter2@10.0.0.2", '"http://…" must be an absolute path'],
  ["hosts.existing[0].ssh.host", "root:hunter2@10.0.0.4", "its value must be a host's name"],
  ["hosts.ssh.user", "root:hunter2", "its value must be a user's name"],
  ["hosts.gcp.ssh.user", "root:hunter2", "its value must be a user's name"],
  ["kafka.properties", "ssl.keystore.password=hunter2", "is text; it must be a set of keys"],
  ["kafka.properties.property", ["hunter2"], "is a list; it must be text or a number"],
  ["kafka.properties.property", { value: "hunter2" }, "is a set of keys; it must be text or a number"],
  ["kafka", "ssl.keystore.password=hunter2", "is text; it must be a set of keys"],
  ["hosts.existing", "root:hunter2@10.0.0.4", "is text; it must be a list"],
])("no message repeats what may be a secret: %s: %j", (key, value, said) => {
  const [mistake] = mistakesAt(key, value);
  expect(mistake!.message).toContain(said);
  expect(mistake!.message).not.toMatch(/hunter2|ter2/);
});

test.each([
  ["hosts.containers[0].name", 7, "at most 63 characters, in quotes"],
  ["kubernetes.version", 1.34, "must be text, in quotes"],
  ["hosts.ssh.user", 1000, "no - in front, in quotes"],
])("%s: the error for a number that needs quotes says so", (key, value, said) =>
  expect(mistakesAt(key, value)[0]!.message).toContain(said),
);

test("quotes are no remedy for a number that is wrong in quotes as well", () => {
  expect(mistakesAt("kafka.version", 4.3)[0]!.message).toMatch(/^4.3 must be a version of Kafka 4, such as 4.3.1$/);
  expect(mistakesAt("hosts.existing[0].address", 10)[0]!.message).toMatch(/such as 10.0.0.4$/);
});

test("an example in the docs is accepted as `config set --path` writes it", () => {
  const { kafka, hosts } = parseConfig("dev", {
    hosts: {
      containers: [
        { name: "master", role: "control-plane", taints: [], kubelet: { evictionHard: { "pid.available": 1000 } } },
      ],
    },
    kafka: { resources: { limits: { cpu: 2 } }, metadataVersion: 4.3 },
  });
  expect(kafka.resources?.limits?.cpu).toBe("2");
  expect(kafka.metadataVersion).toBe("4.3");
  expect(hosts.containers?.[0]?.kubelet?.evictionHard?.["pid.available"]).toBe("1000");
});

test("every text has the form that the schema gave it", () => {
  const formed = cases.filter(([, , code]) => code === codes.wrongForm).map(([key]) => key);
  expect(Object.keys(misshapen).filter((key) => !formed.includes(key))).toEqual([]);
});

test("these cases cover every kind of limit in the schema", () => {
  const known = ["type", "description", "default", "form", "mayBeSecret", "enum", "minimum", "maximum", "minItems"];
  const structure = ["$schema", "properties", "required", "items", "additionalProperties", "propertyNames", "anyOf"];
  const walk = (key: object): string[] =>
    Object.entries(key).flatMap(([word, value]) =>
      word === "properties"
        ? Object.values(value as object).flatMap(walk)
        : [word, ...(word === "items" ? walk(value as object) : [])],
    );
  const others = walk(configRoot).filter((word) => ![...known, ...structure, "pattern", "format"].includes(word));
  expect(others).toEqual([]);
});
