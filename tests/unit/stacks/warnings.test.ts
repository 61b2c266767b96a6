import { parseConfig } from "../../../stacks/config";
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

describe("records that are kept for ever beside etcd are a warning", () => {
  test("with the key, the host and the remedies, for a topic", () => {
    const [warning, ...others] = warningsOf(topic({ "retention.ms": -1 }));
    expect(others).toEqual([]);
    expect(warning).toBe(
      'kafka.topics["audit.log"].config["retention.ms"]: Kafka never deletes these records, and on master brokers\' volumes may ' +
        "be on the disk that etcd writes to. When it is full, the API server fails as well. Limit the bytes (retention.bytes), " +
        "keep brokers off control planes (kubernetes.scheduleOnControlPlane: false), or set storage.path to a folder on a " +
        "disk of its own.",
    );
  });

  test.each(["log.retention.ms", "log.retention.minutes", "log.retention.hours"])("for all topics, by %s", (name) =>
    expect(warningsOf({ properties: { [name]: -1 } })).toEqual([
      expect.stringContaining(`kafka.properties["${name}"]: Kafka never deletes these records`),
    ]),
  );
});

const forEver = topic({ "retention.ms": -1 });
test.each<[string, object, Record<string, object>]>([
  ["nothing is set", {}, {}],
  ["bytes are limited", topic({ "retention.ms": -1, "retention.bytes": 1000 }), {}],
  ["the brokers limit bytes", { properties: { "log.retention.bytes": 1000 }, ...forEver }, {}],
  ["the topic is compacted", topic({ "retention.ms": -1, "cleanup.policy": "compact" }), {}],
  ["a stronger setting limits the time", { properties: { "log.retention.hours": -1, "log.retention.ms": 1000 } }, {}],
  ["brokers aren't on control planes", forEver, { kubernetes: { scheduleOnControlPlane: false } }],
  ["volumes are elsewhere", forEver, { storage: { path: "/srv" } }],
])("there is none where %s", (_, kafka, rest) => expect(warningsOf(kafka, rest)).toEqual([]));
