import { versions } from "../../../../components/artifacts/versions";
import {
  definitionsOf,
  edits,
  knownReleases,
  nearestName,
} from "../../../../components/kafka/settings/knownProperties";
import type { KafkaProperties } from "../../../../components/kafka/plan/properties";
import { propertyMistakes, topicSettingMistakes } from "../../../../components/kafka/settings/unfitProperties";

const version: string = versions.kafka;
const mistakes = (user: KafkaProperties, brokers = 3, of = version) =>
  propertyMistakes(user, { version: of, brokers }).map(({ name, kind, message }) => `${name} (${kind}): ${message}`);
const topicMistakes = (config: KafkaProperties, properties: KafkaProperties = {}) =>
  topicSettingMistakes(config, 3, { version, properties }).map(({ name, message }) => `${name}: ${message}`);
/** Brokers with remote storage, and a topic that uses it. */
const TIERED = { "remote.log.storage.system.enable": true };
const tiered = { "remote.storage.enable": true };

describe("Kafka's own definitions", () => {
  test.each(Object.entries(versions).filter(([name]) => name.startsWith("kafka")))(
    "%s %s has definitions of its release (`components/kafka/settings/definitions/generate.sh VERSION`)",
    (_name, each) => expect(definitionsOf(each)).toMatchObject({ complete: true }),
  );

  test("the definitions of each release have all names of the others, except those that Kafka removed", () => {
    const names = (release: string) => Object.keys(definitionsOf(`${release}.0`).broker);
    expect(knownReleases()).toEqual(["4.3", "4.4"]);
    expect(names("4.3").filter((name) => !names("4.4").includes(name))).toEqual([]);
    expect(names("4.3").length).toBeGreaterThan(350);
  });

  test("a release newer than all of them is checked by the newest's values, and none of its names is a mistake", () => {
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
    ["cordoned.log.dirs", "*", "(planned): the Jobs that move partitions cordon brokers to be removed; remove it"],
    ["leader.replication.throttled.rate", 1, "(planned): is set while replicas move"],
    ["zookeeper.connect", "z:2181", "has no ZooKeeper"],
    ["two words", 1, "is no name of a Kafka property"],
    ["x=y", 1, "is no name of a Kafka property"],
    ["log.cleaner.enable", "true\nnode.id=7", "more than one line"],
    ["num.io.thread", 4, "(unknown): is unknown to Kafka 4.3, which would ignore it; did you mean num.io.threads?"],
    ["retention.ms", 4, "did you mean log.retention.ms?"],
    ["max.message.bytes", 4, "did you mean message.max.bytes?"],
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
    ["metric.reporters", "a.B,,a.C", "must be names of classes, each once, with a comma between two"],
    ["ssl.cipher.suites", "A,,B", "must be a list, each item once, with a comma between two"],
    ["group.consumer.assignors", "", "must be names of classes, each once"],
    ["delete.topic.enable", "yes", '"yes" must be true or false'],
    ["log.cleaner.min.cleanable.ratio", 1.5, "1.5 must be a number from 0 to 1"],
    ["group.consumer.migration.policy", "sometimes", "must be one of: bidirectional, disabled, downgrade, upgrade"],
    ["log.flush.interval.messages", 9223372036854775807, "write a number of this size in quotes"],
    [
      "principal.builder.class",
      "",
      '"" must be the name of a class: your own, or Kafka\'s org.apache.kafka.common.security',
    ],
    ["sasl.login.class", "com.example.", '"com.example." must be the name of a class: your own, or Kafka\'s'],
    [
      "replica.selector.class",
      "",
      '"" must be the name of a class: your own, or Kafka\'s org.apache.kafka.common.replica.Rack',
    ],
    ["create.topic.policy.class.name", "org.apache.kafka.Policy", "must be the name of a class of your own"],
    [
      "metric.reporters",
      "com.example.A,kafka.metrics.CsvReporter",
      "must be names of classes, each once, with a comma",
    ],
    [
      "authorizer.class.name",
      "kafka.security.authorizer.AclAuthorizer",
      "must be the name of a class: your own, or Kafka's org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    ],
    ["min.insync.replicas", 4, "(replicas): 4 in sync are more than the replicas that a partition has, 3"],
    ["min.insync.replicas", 0, "(value): 0 must be a whole number of at least 1"],
    [
      "default.replication.factor",
      4,
      "(replicas): 4 replicas need as many brokers, and kafka.brokers is 3; set from 1 to 3",
    ],
    ["default.replication.factor", 0, "(replicas): 0 replicas need as many brokers"],
  ])("%s=%j", (name, value, reason) => expect(mistakes({ [name]: value })).toEqual([expect.stringContaining(reason)]));

  test("all mistakes at once", () =>
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

describe("properties that Kafka accepts alone are refused if they contradict each other", () => {
  test.each<[KafkaProperties, string]>([
    [{ "log.retention.ms": 0 }, "log.retention.ms (value): 0 must be at least 1, or -1, which is no limit"],
    [{ "log.retention.minutes": 0, "log.retention.hours": 0 }, "log.retention.minutes (value): 0 must be at least 1"],
    [{ "log.roll.ms": 0 }, "log.roll.ms (value): 0 must be at least 1"],
    [{ "log.roll.jitter.ms": -1 }, "log.roll.jitter.ms (value): -1 must be at least 0"],
    [{ "replica.lag.time.max.ms": 400 }, "400 must be at least replica.fetch.wait.max.ms, which is 500 by default"],
    [{ "replica.fetch.wait.max.ms": 65536 }, "must be at most replica.socket.timeout.ms, which is 30000 by default"],
    [
      { "connections.max.idle.ms": 100 },
      "connections.max.idle.ms (conflict): 100 must be above connection.failed.authentication.delay.ms, which is 100 by " +
        "default, or -1, which is no limit",
    ],
    [
      { "socket.request.max.bytes": 200, "queued.max.request.bytes": 100 },
      "socket.request.max.bytes (conflict): 200 must be at most queued.max.request.bytes, which is 100",
    ],
    [
      { "broker.heartbeat.interval.ms": 9000 },
      "broker.heartbeat.interval.ms (conflict): 9000 must be below broker.session.timeout.ms, which is 9000 by default",
    ],
    [
      { "broker.session.timeout.ms": 0 },
      "broker.session.timeout.ms (conflict): 0 must be above broker.heartbeat.interval.ms, which is 2000 by default",
    ],
    [
      { "group.max.session.timeout.ms": 5999 },
      "group.max.session.timeout.ms (conflict): 5999 must be at least group.min.session.timeout.ms, which is 6000 by default",
    ],
    [{ "log.cleaner.threads": 0 }, "log.cleaner.threads (value): 0 must be at least 1"],
    [{ "log.cleaner.threads": 200 }, "1048577 times 200 must be at most log.cleaner.dedupe.buffer.size, which is 134"],
    [
      { "log.cleaner.dedupe.buffer.size": 1048576 },
      "must be at least 1048577 times log.cleaner.threads, which is 1 by",
    ],
    [
      { "log.cleaner.min.compaction.lag.ms": 2, "log.cleaner.max.compaction.lag.ms": 1 },
      "2 must be at most log.cleaner",
    ],
    [{ "offsets.topic.compression.codec": 5 }, "(value): 5 must be at most 4"],
    [{ "transaction.state.log.segment.bytes": 1048575 }, "(value): 1048575 must be at least 1048576"],
    [
      { "group.consumer.session.timeout.ms": 44999 },
      "must be at least group.consumer.min.session.timeout.ms, which is",
    ],
    [{ "group.share.heartbeat.interval.ms": 15001 }, "must be at most group.share.max.heartbeat.interval.ms, which is"],
    [
      { "group.streams.min.assignment.interval.ms": 1001 },
      "must be at most group.streams.assignment.interval.ms, which",
    ],
    [
      { "group.share.record.lock.duration.ms": 60001 },
      "must be at most group.share.max.record.lock.duration.ms, which",
    ],
    [{ "security.inter.broker.protocol": "PLAINTEXT" }, "(planned): brokers' listener is planned"],
    [
      { "log.local.retention.ms": 604800001, ...TIERED },
      "log.local.retention.ms (conflict): 604800001 must be at most retention.ms, which is 604800000, or -2, which is the same limit",
    ],
    [
      { "log.local.retention.ms": 3600001, "log.retention.hours": 1, ...TIERED },
      "at most retention.ms, which is 3600000",
    ],
    [{ "log.local.retention.ms": -1, ...TIERED }, "-1, no limit, must be at most retention.ms, which is 604800000"],
    [{ "log.local.retention.bytes": 5, "log.retention.bytes": 4, ...TIERED }, "at most retention.bytes, which is 4"],
  ])("%j", (user, reason) => expect(mistakes(user)[0]).toContain(reason));

  test.each<[KafkaProperties, string]>([
    [
      { "max.connections.per.ip": 0 },
      "(conflict): lets nobody connect; set at least 1, or max.connections.per.ip.overrides",
    ],
    [{ "max.connections.per.ip": 0, "max.connections.per.ip.overrides": "" }, "(conflict): lets nobody connect"],
    [
      { "max.connections.per.ip.overrides": "10.0.0.1" },
      '(value): "10.0.0.1" must be HOST:COUNT, or several with a comma',
    ],
    [{ "max.connections.per.ip.overrides": "10.0.0.1:2,[::1]:3" }, '[::1]:3" must be HOST:COUNT'],
    [{ "group.coordinator.rebalance.protocols": "consumer" }, '(value): "consumer" must be a list with classic in it'],
    [
      { "group.consumer.assignors": "sticky" },
      '(value): "sticky" must be uniform, range, names of classes, or several',
    ],
    [{ "group.share.assignors": "simple,com.example.Own" }, 'Own" must be simple, or the name of one class'],
    [{ "early.start.listeners": "OUTSIDE" }, "not all nodes have; on all of them are CLUSTER, NODES, CONTROLLER"],
    [{ "early.start.listeners": "cluster" }, "(conflict): names a listener that not all nodes have"],
  ])("%j is refused", (user, reason) => expect(mistakes(user)).toEqual([expect.stringContaining(reason)]));

  test.each<[string, object, boolean]>([
    ["CLUSTER, CONTROLLER", { brokers: 3 }, true],
    ["CONTROLLER", { brokers: 5 }, false],
    ["NODES", { brokers: 5 }, true],
    ["OUTSIDE", { brokers: 1, outsidePort: 30000 }, true],
    ["CLUSTER", { brokers: 3, controllers: { count: 3 } }, false],
    ["", { brokers: 3, controllers: { count: 3 } }, true],
  ])("a listener that starts early is on each node: %j with %j", (value, layout, isRight) => {
    const context = { version, brokers: 1, ...layout };
    expect(propertyMistakes({ "early.start.listeners": value }, context)).toHaveLength(isRight ? 0 : 1);
  });

  test("each pair once, and no pair with a value that is a mistake itself", () => {
    expect(mistakes({ "replica.fetch.wait.max.ms": 9, "replica.lag.time.max.ms": 8 })).toHaveLength(1);
    expect(mistakes({ "replica.fetch.wait.max.ms": 9, "replica.lag.time.max.ms": "8s" })).toHaveLength(1);
  });

  test("a release is checked by the settings that it has", () => {
    const more = { "group.streams.num.warmup.replicas": 21 };
    expect(mistakes(more, 3, "4.4.0")).toEqual([expect.stringContaining("must be at most group.streams.max.warmup")]);
    expect(mistakes(more, 3, "4.3.1")).toEqual([expect.stringContaining("(unknown)")]);
  });

  test("a secret's value is in no message", () => {
    const user = { "replica.fetch.wait.max.ms": 77777, "replica.lag.time.max.ms": 66666 };
    const message = propertyMistakes(user, { version, brokers: 1, secret: true })[0]?.message;
    expect(message).toMatch(/^its value must be at most replica\.socket\.timeout\.ms/);
    expect(message).not.toMatch(/77777|66666/);
    const kept = { ...TIERED, "log.local.retention.ms": 7777777777 };
    expect(propertyMistakes(kept, { version, brokers: 1, secret: true })[0]?.message).toMatch(
      /^its value must be at most/,
    );
    const form = { "max.connections.per.ip.overrides": "hunter2" };
    expect(propertyMistakes(form, { version, brokers: 1, secret: true })).toEqual([
      expect.objectContaining({ message: "its value must be HOST:COUNT, or several with a comma between two" }),
    ]);
  });
});

const authorizer = { "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer" };

test.each<KafkaProperties>([
  {},
  { "super.users": "User:a" },
  { "super.users": "User:anonymous" },
  { "super.users": "User:a,User:ANONYMOUS" },
  { "allow.everyone.if.no.acl.found": false },
])("an authorizer that would deny brokers' requests is refused with %j", (more) =>
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
    {
      "replica.selector.class": "org.apache.kafka.common.replica.RackAwareReplicaSelector",
      "authorizer.class.name": "",
    },
    { "metric.reporters": "org.apache.kafka.common.metrics.JmxReporter, com.example.Größe$Inner", "b.c": 5 },
    { "group.consumer.assignors": "range,org.apache.kafka.coordinator.group.assignor.UniformAssignor,com.example.Own" },
    { "sasl.login.class": "org.apache.kafka.common.security.kerberos.KerberosLogin", "principal.builder.class": "a.B" },
    { "max.connections.per.ip": 0, "max.connections.per.ip.overrides": "hostName:100, 127.0.0.1:0,::1:+5," },
    { "max.connections.per.ip.overrides": "", "group.coordinator.rebalance.protocols": "classic,consumer" },
    { "group.consumer.assignors": "uniform, range", "group.share.assignors": "simple" },
    { "log.retention.ms": 1, "log.retention.minutes": 0, "log.retention.hours": 0 },
    { "log.retention.minutes": -1, "log.roll.ms": 1, "log.roll.jitter.ms": 0 },
    { "replica.fetch.wait.max.ms": 500, "replica.lag.time.max.ms": 500, "replica.socket.timeout.ms": 500 },
    { "broker.heartbeat.interval.ms": 8999, "group.max.session.timeout.ms": 6000 },
    { "connections.max.idle.ms": -1, "queued.max.request.bytes": 0, "socket.request.max.bytes": 1 },
    { "connections.max.idle.ms": 101, "queued.max.request.bytes": 104857600 },
    { "log.cleaner.threads": 2, "log.cleaner.dedupe.buffer.size": 2097154 },
    { "log.cleaner.dedupe.buffer.size": "9223372036854775807", "offsets.topic.compression.codec": 4 },
    { "group.consumer.session.timeout.ms": 60000, "group.consumer.heartbeat.interval.ms": 15000 },
    {
      "group.consumer.min.session.timeout.ms": 10,
      "group.consumer.session.timeout.ms": 5001,
      "group.share.max.share.sessions": 200,
    },
    { "config.providers": "file", "log.roll.ms": "${file:/etc/x:roll}" },
    { "log.local.retention.ms": 604800001, "log.local.retention.bytes": -1, "log.retention.bytes": 4 },
    { ...TIERED, "log.local.retention.ms": 3600000, "log.retention.hours": 1, "log.local.retention.bytes": 5 },
    { ...TIERED, "log.local.retention.ms": -1, "log.retention.hours": -1, "log.local.retention.bytes": -2 },
    { ...TIERED, "log.local.retention.ms": "${file:/etc/x:ms}", "config.providers": "file" },
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
    [{ "message.max.bytes": 1 }, "did you mean max.message.bytes?"],
    [{ "log.retention.hours": 1 }, "did you mean retention.ms?"],
    [{ "retention.ms": "1d" }, 'retention.ms: "1d" must be a whole number of at least -1'],
    [{ "cleanup.policy": "remove" }, 'cleanup.policy: "remove" must be one or several of: compact, delete'],
    [{ "min.insync.replicas": 4 }, "min.insync.replicas: 4 in sync are more than the topic's replicationFactor, 3"],
    [{ "leader.replication.throttled.replicas": "*" }, "is set while replicas move, at kafka.moveMegabytesPerSecond"],
  ])("%j is refused", (config, reason) => expect(topicMistakes(config)).toEqual([expect.stringContaining(reason)]));

  test.each<[KafkaProperties, KafkaProperties, string]>([
    [
      { "min.compaction.lag.ms": 2, "max.compaction.lag.ms": 1 },
      {},
      "2 must be at most max.compaction.lag.ms, which is 1",
    ],
    [{ "max.compaction.lag.ms": 1 }, { "log.cleaner.min.compaction.lag.ms": 2 }, "ms, which is 2 on the brokers"],
    [{ "remote.storage.enable": true }, {}, "needs brokers with remote storage; set remote.log.storage.system.enable"],
    [
      { "remote.storage.enable": true, "cleanup.policy": "compact,delete" },
      { "remote.log.storage.system.enable": true },
      "needs a cleanup.policy without compact",
    ],
    [
      { ...tiered, "local.retention.ms": 604800001 },
      TIERED,
      "local.retention.ms: 604800001 must be at most retention.ms, which is 604800000, or -2, which is the same limit",
    ],
    [{ ...tiered, "local.retention.ms": -1 }, TIERED, "-1, no limit, must be at most retention.ms, which is 604800000"],
    [
      { ...tiered, "local.retention.bytes": 11 },
      { ...TIERED, "log.retention.bytes": 10 },
      "11 must be at most retention.bytes, which is 10",
    ],
    [
      { ...tiered, "retention.bytes": 10 },
      { ...TIERED, "log.local.retention.bytes": -1 },
      "retention.bytes: 10 must be at least local.retention.bytes, which is -1, no limit, on the brokers; set " +
        "local.retention.bytes: -2 beside it, which is the same limit",
    ],
  ])("%j under brokers with %j is refused", (config, properties, reason) =>
    expect(topicMistakes(config, properties)).toEqual([expect.stringContaining(reason)]),
  );

  test.each<[KafkaProperties, KafkaProperties]>([
    [{ "min.compaction.lag.ms": 2, "max.compaction.lag.ms": 2 }, { "log.cleaner.max.compaction.lag.ms": 1 }],
    [{ "min.compaction.lag.ms": "9223372036854775807" }, {}],
    [{ "remote.storage.enable": "TRUE" }, { "remote.log.storage.system.enable": "TRUE" }],
    [{ "remote.storage.enable": true, "cleanup.policy": "" }, { "remote.log.storage.system.enable": true }],
    [{ "remote.storage.enable": false }, {}],
    [{ "local.retention.ms": 604800001 }, TIERED],
    [{ ...tiered, "local.retention.ms": -1, "retention.ms": -1, "local.retention.bytes": 11 }, TIERED],
    [{ ...tiered, "local.retention.ms": -2, "local.retention.bytes": -1 }, TIERED],
    [
      { ...tiered, "retention.ms": 10 },
      { ...TIERED, "log.local.retention.ms": 10 },
    ],
  ])("%j under brokers with %j is none", (config, properties) => expect(topicMistakes(config, properties)).toEqual([]));

  test("that Kafka accepts is no mistake", () =>
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

test("no name is suggested if none is similar", () =>
  expect(nearestName(["num.io.threads"], "super.users")).toBeUndefined());
