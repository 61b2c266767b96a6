import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import {
  durabilityOf,
  propertyLines,
  serverProperties,
  type KafkaProperties,
} from "../../../../components/kafka/plan/properties";

const text = (brokers: number, user?: KafkaProperties) => serverProperties(planKafka("kafka", "kafka", brokers), user);
const settings = (brokers: number, user?: KafkaProperties): Record<string, string> =>
  Object.fromEntries([...text(brokers, user).matchAll(/^([^#=\n]+)=(.*)$/gm)].map(([, key, value]) => [key, value]));

test("settings are sorted, and each has its reason", () => {
  const lines = text(3)
    .split("\n")
    .filter((line) => line !== "");
  const keys = lines.filter((line) => !line.startsWith("#"));
  expect(keys).toEqual([...keys].sort());
  lines.forEach((line, at) => expect(line.startsWith("#")).toBe(at % 2 === 0));
});

test("the same plan gives the same text, in whatever order a user's properties come", () => {
  expect(text(3, { "num.io.threads": 4, "log.retention.hours": 1 })).toBe(
    text(3, { "log.retention.hours": 1, "num.io.threads": 4 }),
  );
});

test("growing from three to five changes nothing that would roll the pods", () => expect(text(5)).toBe(text(3)));

test("there is no static list of voters, which would split a growing quorum", () => {
  expect(text(3)).not.toContain("controller.quorum.voters");
});

test.each([
  [1, "1", "1"],
  [2, "2", "1"],
  [3, "3", "2"],
  [5, "3", "2"],
])("with %i brokers internal topics have %s replicas, %s in sync", (brokers, replicas, inSync) => {
  expect(settings(brokers)).toMatchObject({
    "offsets.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "share.coordinator.state.topic.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.replication.factor": replicas,
  });
});

test("a user's property wins over a default", () =>
  expect(settings(3, { "auto.create.topics.enable": true })).toMatchObject({ "auto.create.topics.enable": "true" }));

describe("a user's numbers of replicas apply to the whole plan", () => {
  const planned = (brokers: number, user: KafkaProperties) => {
    const { replicationFactor, minInsyncReplicas } = planKafka("kafka", "kafka", brokers, 0, durabilityOf(user));
    return { replicationFactor, minInsyncReplicas };
  };

  test.each([
    [3, {}, 3, 2],
    [3, { "min.insync.replicas": 3 }, 3, 3],
    [3, { "min.insync.replicas": "1" }, 3, 1],
    [5, { "default.replication.factor": 5 }, 5, 2],
    [5, { "default.replication.factor": 5, "min.insync.replicas": 3 }, 5, 3],
  ])("%i brokers with %j", (brokers, user, replicationFactor, minInsyncReplicas) =>
    expect(planned(brokers, user as KafkaProperties)).toEqual({ replicationFactor, minInsyncReplicas }),
  );

  test("fewer replicas by default leave Kafka's own topics as many as before", () =>
    expect(planned(3, { "default.replication.factor": 1 })).toEqual({ replicationFactor: 3, minInsyncReplicas: 2 }));
});

test("backslashes and leading spaces reach Kafka as they were written", () =>
  expect(text(1, { "some.regex": " \\d" })).toContain("some.regex=\\ \\\\d\n"));

test.each([
  ["pässwort€", "p\\u00e4sswort\\u20ac"],
  ["🔑", "\\ud83d\\udd11"],
  ["\ttab", "\\u0009tab"],
  ["\\u0041", "\\\\u0041"],
])("%j reaches Kafka as it was written, though Kafka reads its files as ISO-8859-1", (value, written) => {
  expect(text(1, { "ssl.keystore.password": value })).toContain(`\nssl.keystore.password=${written}\n`);
  expect(propertyLines({ "ssl.keystore.password": value })).toBe(`ssl.keystore.password=${written}\n`);
});

test("properties that only the program may set are refused, all at once", () =>
  expect(() => text(1, { "node.id": 1, "log.dir": "/x", "num.io.threads": 2 })).toThrow(/node\.id[^]*log\.dir/));
