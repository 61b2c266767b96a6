import { versions } from "../../../components/artifacts/versions";
import { definitionsOf, edits, knownReleases, nearestName } from "../../../components/kafka/knownProperties";
import type { KafkaProperties } from "../../../components/kafka/properties";
import { propertyMistakes, topicSettingMistakes } from "../../../components/kafka/unfitProperties";

const version: string = versions.kafka;
const mistakes = (user: KafkaProperties, brokers = 3, of = version) =>
  propertyMistakes(user, { version: of, brokers }).map(({ name, kind, message }) => `${name} (${kind}): ${message}`);
const topicMistakes = (config: KafkaProperties, replicationFactor = 3) =>
  topicSettingMistakes(config, replicationFactor, { version }).map(({ name, message }) => `${name}: ${message}`);

describe("Kafka's own definitions", () => {
  test.each(Object.entries(versions).filter(([name]) => name.startsWith("kafka")))(
    "%s %s has some of its release (`components/kafka/definitions/generate.sh VERSION`)",
    (_name, each) => expect(definitionsOf(each)).toMatchObject({ complete: true }),
  );

  test("each release that they are of has all that others have, but for what Kafka itself took out", () => {
    const names = (release: string) => Object.keys(definitionsOf(`${release}.0`).broker);
    expect(knownReleases()).toEqual(["4.3", "4.4"]);
    expect(names("4.3").filter((name) => !names("4.4").includes(name))).toEqual([]);
    expect(names("4.3").length).toBeGreaterThan(350);
  });

  test("a release newer than all of them has the newest's values, and none of its names is a mistake", () => {
    expect(mistakes({ "a.new.setting": 1, "num.io.thread": 1 }, 3, "4.99.0")).toEqual([]);
    expect(mistakes({ "num.io.threads": 0 }, 3, "4.99.0")).toHaveLength(1);
  });
});

describe("a property is refused with its reason and the remedy", () => {
  test.each<[string, string | number | boolean, string]>([
    ["node.id", 3, "(planned): is different for each node and set when it starts; remove it"],
    ["broker.rack", "a", "(planned): is different for each node"],
    ["controller.quorum.voters", "0@a:1", "(planned): voters are planned"],
    ["offsets.topic.replication.factor", 1, "from kafka.brokers and default.replication.factor; set that instead"],
    ["transaction.state.log.min.isr", 1, "from kafka.brokers and min.insync.replicas; set that instead"],
    ["share.coordinator.state.topic.replication.factor", 1, "(planned): is planned for all of Kafka's own topics"],
    ["log.dirs", "/tmp", "are on the pod's volumes"],
    ["cordoned.log.dirs", "*", "(planned): the Jobs that move partitions cordon brokers that go; remove it"],
    ["leader.replication.throttled.rate", 1, "(planned): is set while replicas move"],
    ["zookeeper.connect", "z:2181", "has no ZooKeeper"],
    ["two words", 1, "is no name of a Kafka property"],
    ["x=y", 1, "is no name of a Kafka property"],
    ["log.cleaner.enable", "true\nnode.id=7", "more than one line"],
    ["num.io.thread", 4, "(unknown): is unknown to Kafka 4.3, which would ignore it; did you mean num.io.threads?"],
    ["retention.ms", 4, "did you mean log.retention.ms?"],
    ["log.retention.huors", 4, "did you mean log.retention.hours?"],
    ["inter.broker.protocol.version", "3.9", "(unknown): is unknown to Kafka 4.3, which would ignore it; remove it"],
    ["listener.name.cluster.max.connection", 9, "did you mean listener.name.cluster.max.connections?"],
    [
      "listener.name.clster.max.connections",
      9,
      "is unknown to the listeners, which are cluster, controller, nodes, outside; did you mean cluster?",
    ],
    ["listener.name.nodes.max.connections", "many", '(value): "many" must be a whole number of at least 0'],
    ["num.io.threads", 0, "(value): 0 must be a whole number of at least 1"],
    ["num.io.threads", "four", '(value): "four" must be a whole number of at least 1'],
    ["num.io.threads", 2 ** 31, "must be a whole number of at least 1"],
    ["background.threads", 1.5, "(value): 1.5 must be a whole number"],
    ["compression.type", "brotli", '"brotli" must be one of: gzip, lz4, producer, snappy, uncompressed, zstd'],
    ["compression.gzip.level", 0, "0 must be a whole number from 1 to 9, or -1"],
    ["log.cleanup.policy", "delete,compress", "must be one or several of: compact, delete"],
    ["log.cleanup.policy", "delete,delete", "must be one or several of: compact, delete; each once"],
    ["metric.reporters", "a.B,,a.C", "must be a list, each item once, with a comma between two"],
    ["group.consumer.assignors", "", "must be a list, each item once"],
    ["delete.topic.enable", "yes", '"yes" must be true or false'],
    ["log.cleaner.min.cleanable.ratio", 1.5, "1.5 must be a number from 0 to 1"],
    ["group.consumer.migration.policy", "sometimes", "must be one of: bidirectional, disabled, downgrade, upgrade"],
    ["log.flush.interval.messages", 9223372036854775807, "write a number of this size in quotes"],
    ["min.insync.replicas", 4, "(copies): 4 in sync are more than the replicas that a partition has, 3"],
    ["min.insync.replicas", 0, "(value): 0 must be a whole number of at least 1"],
    [
      "default.replication.factor",
      4,
      "(copies): 4 replicas need as many brokers, and kafka.brokers is 3; set from 1 to 3",
    ],
    ["default.replication.factor", 0, "(copies): 0 replicas need as many brokers"],
  ])("%s=%j", (name, value, reason) => expect(mistakes({ [name]: value })).toEqual([expect.stringContaining(reason)]));

  test("all of them at once", () =>
    expect(mistakes({ "node.id": 1, "log.dir": "/x", "num.io.threads": 2, "num.io.thread": 3 })).toHaveLength(3));

  test("replicas in sync are judged by the user's own replication factor", () => {
    expect(mistakes({ "min.insync.replicas": 4, "default.replication.factor": 5 }, 5)).toEqual([]);
    expect(mistakes({ "min.insync.replicas": 2, "default.replication.factor": 1 }, 5)).toHaveLength(1);
  });

  test("a secret's value is in no message", () => {
    const found = propertyMistakes({ "num.io.threads": "hunter2" }, { version, brokers: 1, secret: true });
    expect(found).toEqual([expect.objectContaining({ message: expect.stringMatching(/^its value must be a whole/) })]);
  });
});

const authorizer = { "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer" };

test.each<KafkaProperties>([
  {},
  { "super.users": "User:a" },
  { "super.users": "User:anonymous" },
  { "super.users": "User:a,User:ANONYMOUS" },
  { "allow.everyone.if.no.acl.found": false },
])("an authorizer that would deny brokers what they do is refused with %j", (more) =>
  expect(mistakes({ ...authorizer, ...more })).toEqual([
    expect.stringMatching(
      /^authorizer\.class\.name \(lockout\): would deny brokers .* add User:ANONYMOUS to super\.users/,
    ),
  ]),
);

describe("no valid property is refused", () => {
  test.each<KafkaProperties>([
    { "num.io.threads": 8, "log.retention.ms": -1, "compression.gzip.level": -1 },
    { "num.io.threads": " 8 ", "delete.topic.enable": "TRUE", "log.cleaner.io.max.bytes.per.second": "1.5E6" },
    { "log.flush.interval.messages": "9223372036854775807", "log.cleanup.policy": "compact, delete" },
    { "group.consumer.migration.policy": "bidirectional", "ssl.keystore.password": "", "ssl.cipher.suites": "" },
    { "unstable.api.versions.enable": true, "internal.metadata.log.segment.bytes": 1048576 },
    { "metrics.jmx.include": "kafka.server:.*", "metrics.context.site": "lab" },
    { ...authorizer, "super.users": "User:a; User:ANONYMOUS" },
    { ...authorizer, "allow.everyone.if.no.acl.found": "TRUE" },
    { ...authorizer, "super.users": "User:a", "principal.builder.class": "com.example.Names" },
    { ...authorizer, "super.users": "User:a", "listener.name.cluster.principal.builder.class": "com.example.Names" },
    { ...authorizer, "super.users": "${file:/etc/x:users}", "config.providers": "file" },
    { "authorizer.class.name": "com.example.Authorizer", "super.users": "User:a" },
    { "metric.reporters": "com.example.Reporter", "example.reporter.url": "http://10.0.0.9" },
    { "metric.reporters": "com.example.A, com.example.B", "b.interval.ms": 5 },
    {
      "config.providers": "file",
      "config.providers.file.class": "org.apache.kafka.common.config.provider.FileConfigProvider",
      "num.io.threads": "${file:/etc/x:threads}",
    },
    { "remote.log.storage.manager.class.name": "com.example.S3", "rsm.config.bucket": "b", "rlmm.config.x": 1 },
    { "remote.log.storage.manager.impl.prefix": "s3.", "s3.bucket": "b" },
    {
      "listener.name.nodes.ssl.keystore.location": "/x",
      "listener.name.cluster.plain.sasl.jaas.config": "a.b.C required;",
    },
    { "listener.name.outside.max.connections": 100, "listener.name.outside.my.option": "x" },
    { "default.replication.factor": 1 },
    {
      "log.cleaner.io.max.bytes.per.second": "Infinity",
      "log.cleaner.min.cleanable.ratio": ".5",
      "config.providers": "",
    },
    { "unclean.leader.election.enable": true, "num.partitions": 12 },
  ])("%j", (user) => expect(mistakes(user)).toEqual([]));
});

describe("a topic's setting", () => {
  test.each<[KafkaProperties, string]>([
    [
      { "retention.mss": 1 },
      "retention.mss: is unknown to the settings of a topic in Kafka 4.3; did you mean retention.ms?",
    ],
    [
      { "log.retention.ms": 1 },
      "log.retention.ms: is unknown to the settings of a topic in Kafka 4.3; did you mean retention.ms?",
    ],
    [{ "retention.ms": "1d" }, 'retention.ms: "1d" must be a whole number of at least -1'],
    [{ "cleanup.policy": "remove" }, 'cleanup.policy: "remove" must be one or several of: compact, delete'],
    [{ "min.insync.replicas": 4 }, "min.insync.replicas: 4 in sync are more than the topic's replicationFactor, 3"],
    [{ "leader.replication.throttled.replicas": "*" }, "is set while replicas move, at kafka.moveMegabytesPerSecond"],
  ])("%j is refused", (config, reason) => expect(topicMistakes(config)).toEqual([expect.stringContaining(reason)]));

  test("that Kafka takes is none", () =>
    expect(topicMistakes({ "retention.ms": -1, "cleanup.policy": "compact,delete", "min.insync.replicas": 3 })).toEqual(
      [],
    ));
});

test.each([
  ["", "", 0],
  ["abc", "abc", 0],
  ["abc", "acb", 1],
  ["abc", "ab", 1],
  ["abc", "xabc", 1],
  ["kitten", "sitting", 3],
])("from %j to %j it is %i edits", (from, to, count) =>
  expect([edits(from, to), edits(to, from)]).toEqual([count, count]),
);

test("nothing is near where nothing is alike", () =>
  expect(nearestName(["num.io.threads"], "super.users")).toBeUndefined());
