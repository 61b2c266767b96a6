import * as net from "node:net";
import { ask } from "../../../../components/kafka/protocol/ask";
import { boundsOf, clientOf, joinProblems } from "../../../../components/verification/inPod/client";
import { expected } from "../expected";

/** Settings of a connection to an address at which nothing listens. */
jest.mock("node:net", () => {
  const actual = jest.requireActual<typeof net>("node:net");
  return { ...actual, connect: jest.fn(() => actual.createConnection({ host: "127.0.0.1", port: 1 })) };
});

const bounds = (settings: Record<string, string>, messageBytes = 1024) =>
  boundsOf({ ...expected, messageBytes }, settings);

test("Kafka's defaults limit nothing", () =>
  expect(
    bounds({
      "delete.topic.enable": "true",
      "group.max.session.timeout.ms": "1800000",
      "group.min.session.timeout.ms": "6000",
      "socket.request.max.bytes": "104857600",
    }),
  ).toEqual({ deletesTopics: true, sessionTimeoutMs: 30_000, heartbeatMs: 3000, recordBytes: 1024, batch: 100 }));

test("a session is no longer than brokers allow, and heartbeats are frequent enough", () =>
  expect(bounds({ "group.max.session.timeout.ms": "3000" })).toMatchObject({
    sessionTimeoutMs: 3000,
    heartbeatMs: 1000,
  }));

test("a session is no shorter than brokers allow", () =>
  expect(bounds({ "group.min.session.timeout.ms": "40000" })).toMatchObject({ sessionTimeoutMs: 40_000 }));

test.each([[100_000], [8192], [4096], [2048]])("requests fit brokers that take %i bytes", (limit) => {
  const { recordBytes, batch } = bounds({ "socket.request.max.bytes": `${limit}` });
  expect(recordBytes).toBeGreaterThan(200);
  expect(batch).toBeGreaterThanOrEqual(1);
  expect(batch * (recordBytes + 200)).toBeLessThanOrEqual(limit / 2);
});

test("topics stay if brokers don't delete them", () =>
  expect(bounds({ "delete.topic.enable": "false" }).deletesTopics).toBe(false));

describe("a connection that is closed before a group begins", () => {
  const problems = (idle: string) =>
    joinProblems({ "connections.max.idle.ms": idle, "group.initial.rebalance.delay.ms": "3000" });
  test("is the reason why no consumer joins", () =>
    expect(problems("1000").join()).toMatch(/after connections\.max\.idle\.ms, 1000/));
  test("is no problem by default, or if brokers don't report their limit", () =>
    expect([...problems("600000"), ...joinProblems({})]).toEqual([]));
});

test("brokers' names are looked up without search domains, by both of the program's clients", async () => {
  const bootstrapServers = "kafka-bootstrap.kafka.svc.cluster.local:9092";
  await expect(
    clientOf({ ...expected, bootstrapServers }, { retries: 0 })
      .producer()
      .connect(),
  ).rejects.toThrow();
  await expect(ask("kafka-0.kafka", 9092, Buffer.alloc(1))).rejects.toThrow();
  const dialled = jest.mocked(net.connect).mock.calls.map(([to]) => (to as unknown as net.TcpNetConnectOpts).host);
  expect(dialled).toEqual(["kafka-bootstrap.kafka.svc.cluster.local.", "kafka-0.kafka."]);
});
