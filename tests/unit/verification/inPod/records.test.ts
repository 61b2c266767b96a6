import { EventEmitter } from "node:events";
import type { Kafka } from "kafkajs";
import { exchangeRecords, nextSize } from "../../../../components/verification/inPod/records";
import { Deadline } from "../../../../components/programs/inPod/waiting";
import { useVirtualTime } from "../../../support/virtualTime";
import { FakeKafka } from "../../kafka/fakeKafka";
import { expected } from "../expected";

// Jest's clock has the global timers alone.
jest.mock("node:timers/promises", () => ({
  setTimeout: (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
}));
useVirtualTime();

type Record = { partition: number; key: string; value: Buffer; timestamp: string };

/** A Kafka for the exchange. `deliver` decides what happens to the records of a request. */
function fakeClients(deliver: (consumer: EventEmitter, records: (Record & { offset: string })[]) => void) {
  const log = expected.brokers.map((): Record[] => []);
  const events = { GROUP_JOIN: "join", CRASH: "crash" };
  const consumer = Object.assign(new EventEmitter(), {
    events,
    connect: async () => undefined,
    disconnect: async () => undefined,
    subscribe: async () => undefined,
    commitOffsets: async () => undefined,
    run: async ({ eachBatch }: { eachBatch: (batch: object) => Promise<void> }) => {
      consumer.on("records", ({ partition, messages }) => void eachBatch({ batch: { partition, messages } }));
      consumer.emit("join");
    },
  });
  const producer = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    send: async ({ messages }: { messages: Record[] }) => {
      const written = messages.map((record) => ({ ...record, offset: `${log[record.partition]!.push(record) - 1}` }));
      deliver(consumer, written);
    },
  };
  const kafka = new FakeKafka();
  kafka.topics["t"] = { partitions: log.map((_, partition) => [partition]), config: {} };
  kafka.logs["t"] = log.map((records) => ({
    low: 0,
    get high() {
      return records.length;
    },
  }));
  const clients = { consumer: () => consumer, producer: () => producer } as unknown as Kafka;
  return { clients, kafka, log };
}

const toConsumer = (consumer: EventEmitter, records: (Record & { offset: string })[]) =>
  records.forEach((record) => consumer.emit("records", { partition: record.partition, messages: [record] }));

/** An exchange fails after 0.3 seconds without progress. */
const exchange = ({ clients, kafka }: ReturnType<typeof fakeClients>, changes = {}, batch = 100) =>
  exchangeRecords(
    {
      clients,
      kafka,
      topic: "t",
      begin: [0, 0, 0],
      groupId: "g",
      bounds: { deletesTopics: true, sessionTimeoutMs: 1000, heartbeatMs: 100, recordBytes: 8, batch },
      problems: async () => [],
    },
    { ...expected, messages: 100, ...changes },
    new Deadline(0.3, 5),
  );

test("records that all arrive are measured and counted", async () => {
  const { written, measured } = await exchange(fakeClients(toConsumer));
  expect(written).toEqual({ begin: [0, 0, 0], sent: [34, 33, 33] });
  expect(measured).toMatchObject({ messages: 100, bytes: 800 });
});

test("records that the client can't decode are unreadable, by the codec's name, and not lost", async () => {
  const unknownCodec = fakeClients((consumer) =>
    consumer.emit("crash", { payload: { restart: false, error: new Error("LZ4 compression not implemented") } }),
  );
  await expect(exchange(unknownCodec)).rejects.toThrow(
    "all records are in the log, but can't be read from it: LZ4 compression not implemented",
  );
});

test("records that the log doesn't have are lost, even if the client has stopped as well", async () => {
  const lossy = fakeClients((consumer) => {
    lossy.log[1]!.pop();
    consumer.emit("crash", { payload: { restart: false, error: new Error("closed") } });
  });
  await expect(exchange(lossy)).rejects.toThrow(/partition 1: \d+ records were acknowledged, the log has \d+/);
});

test("a client that restarts by itself has not failed", async () => {
  const restarting = fakeClients((consumer, records) => {
    consumer.emit("crash", { payload: { restart: true, error: new Error("session timed out") } });
    toConsumer(consumer, records);
  });
  await expect(exchange(restarting)).resolves.toMatchObject({ measured: { messages: 100 } });
});

test("writing that takes longer than the limit of a standstill is no failure, though nothing is read meanwhile", async () => {
  const held: Parameters<typeof toConsumer>[1] = [];
  const slow = fakeClients((consumer, records) => {
    held.push(...records);
    if (held.length === 60) toConsumer(consumer, held);
  });
  const producer = slow.clients.producer();
  const send = producer.send.bind(producer);
  producer.send = async (records) => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    return send(records);
  };
  const { measured } = await exchange(slow, { messages: 60, writeSeconds: 600 }, 3); // each batch of the largest size: none is waited for
  expect(measured.produce.seconds).toBeGreaterThan(0.5);
});

test("when the time for writing is over, each partition has a record, and no more are written", async () => {
  const { measured } = await exchange(fakeClients(toConsumer), { writeSeconds: 0 });
  expect(measured.messages).toBe(3);
});

test("a slow consumer slows the producer down, so that little is left to read when the time is over", async () => {
  const slow = fakeClients((consumer, records) => setTimeout(() => toConsumer(consumer, records), 200));
  const { measured } = await exchange(slow, { messages: 1_000_000, writeSeconds: 0.5 });
  expect(measured.messages).toBeLessThan(100);
});

test("batches grow to the maximum while they are fast, and shrink to one record when they are slow", () => {
  expect([6, 12, 100].map((size) => nextSize(size, 5, 100))).toEqual([12, 24, 100]);
  expect([100, 3, 1].map((size) => nextSize(size, 5000, 100))).toEqual([50, 1, 1]);
});
