import { parseConfig } from "../../../config/parseConfig";
import { configWarnings } from "../../../stacks/warnings";

const hosts = [
  { name: "master", role: "control-plane" as const },
  { name: "worker", role: "worker" as const },
];
const warningsOf = (
  kafka: object,
  { kubernetes = { scheduleOnControlPlane: true }, ...rest }: Record<string, object> = {},
) => configWarnings(parseConfig("dev", { hosts: { containers: hosts }, kubernetes, kafka, ...rest }), hosts);
const topic = (config: object) => ({ topics: { "audit.log": { partitions: 1, replicationFactor: 1, config } } });

const ofTopic = (setting: string) => `topics["audit.log"].config["${setting}"]`;

describe("records that are kept forever on etcd's disk cause a warning", () => {
  test("with the key, the host and the remedies, for a topic", () => {
    const [warning, ...others] = warningsOf(topic({ "retention.ms": -1 }));
    expect(others).toEqual([]);
    expect(warning).toBe(
      'kafka.topics["audit.log"].config["retention.ms"]: Kafka never deletes these records, and on master brokers\' volumes may ' +
        "be on the disk that etcd writes to. When it is full, the API server fails as well. Limit the bytes (retention.bytes), " +
        "keep brokers off control planes (kubernetes.scheduleOnControlPlane: false), or set storage.path to a folder outside " +
        "/var/lib, on a disk of its own.",
    );
  });

  test.each(["log.retention.ms", "log.retention.minutes", "log.retention.hours"])("for all topics, by %s", (name) =>
    expect(warningsOf({ properties: { [name]: -1 } })).toEqual([
      expect.stringContaining(`kafka.properties["${name}"]: Kafka never deletes these records`),
    ]),
  );

  const compacted = { "log.retention.ms": -1, "log.cleanup.policy": "compact" };
  test.each<[string, object, string, string]>([
    [
      "brokers without a policy",
      { properties: { "log.cleanup.policy": "" } },
      'properties["log.cleanup.policy"]',
      "Let Kafka delete them (log.cleanup.policy: delete)",
    ],
    [
      "a topic without a policy",
      topic({ "cleanup.policy": " " }),
      ofTopic("cleanup.policy"),
      "Let Kafka delete them (cleanup.policy: delete)",
    ],
    [
      "a topic that takes off the brokers' limit of bytes",
      { properties: { "log.retention.ms": -1, "log.retention.bytes": 1000 }, ...topic({ "retention.bytes": -1 }) },
      ofTopic("retention.bytes"),
      "Limit the bytes (retention.bytes)",
    ],
    [
      "a topic that isn't compacted as others are",
      { properties: compacted, ...topic({ "cleanup.policy": "delete" }) },
      ofTopic("cleanup.policy"),
      "Limit the bytes (retention.bytes)",
    ],
  ])("for %s", (_, kafka, key, remedy) => {
    const [warning, ...others] = warningsOf(kafka);
    expect(others).toEqual([]);
    expect(warning).toContain(`kafka.${key}: Kafka never deletes these records`);
    expect(warning).toContain(remedy);
  });
});

const forEver = topic({ "retention.ms": -1 });
test.each(["/var", "/var/lib", "/var/lib/", "/var/lib/kafka", "/var/lib/kafka/disk"])(
  "there is a warning for volumes in %s, which may be on etcd's disk",
  (path) => expect(warningsOf(forEver, { storage: { path } })).toHaveLength(1),
);

test.each(["/srv", "/srv/var/lib", "/var/libexec", "/var/kafka", "/var/..kafka"])(
  "there is none for volumes in %s, which neither has etcd's folder nor is beside it",
  (path) => expect(warningsOf(forEver, { storage: { path } })).toEqual([]),
);

test.each<[string, object, Record<string, object>]>([
  ["nothing is set", {}, {}],
  ["bytes are limited", topic({ "retention.ms": -1, "retention.bytes": 1000 }), {}],
  ["the brokers limit bytes", { properties: { "log.retention.bytes": 1000 }, ...forEver }, {}],
  [
    "brokers compact, and the topic says no more",
    { properties: { "log.retention.ms": -1, "log.cleanup.policy": "compact" }, ...topic({ "retention.ms": -1 }) },
    {},
  ],
  [
    "the topic has a limit, and the brokers none",
    { properties: { "log.cleanup.policy": "compact" }, ...topic({ "cleanup.policy": "delete", "retention.ms": 5 }) },
    {},
  ],
  ["the topic is compacted", topic({ "retention.ms": -1, "cleanup.policy": "compact" }), {}],
  ["a stronger setting limits the time", { properties: { "log.retention.hours": -1, "log.retention.ms": 1000 } }, {}],
  ["brokers aren't on control planes", forEver, { kubernetes: { scheduleOnControlPlane: false } }],
])("there is none where %s", (_, kafka, rest) => expect(warningsOf(kafka, rest)).toEqual([]));
