import type { Admin, Consumer, Kafka, Message } from "kafkajs";
import type { Expectation } from "../expectation";
import type { VerificationReport } from "../report";
import { Ledger } from "./ledger";
import { lostRecords } from "./offsets";
import { latency, throughput } from "./statistics";
import { Fatal, type Deadline } from "../../programs/program/waiting";

const BATCH = 100;

export interface Exchange {
  /** Number of records sent to each partition. */
  sent: number[];
  measured: Pick<VerificationReport, "produce" | "consume">;
}

/** Writes the records, acknowledged by all copies, while a consumer group of one reads them; commits what was read. */
export async function exchangeRecords(
  kafka: Kafka,
  admin: Admin,
  topic: string,
  expected: Expectation,
  deadline: Deadline,
): Promise<Exchange> {
  const ledger = new Ledger();
  const value = Buffer.alloc(expected.messageBytes, topic);
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 250 });
  // More than one request at a time could reorder an idempotent producer's records (kafkajs#598), and giving up on one
  // before it is known to have failed could duplicate it: the deadline ends the trying.
  const retry = { retries: Number.MAX_SAFE_INTEGER };
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, retry });
  const sent = (): number[] => Array.from({ length: expected.partitions }, (_, partition) => ledger.sentTo(partition));

  try {
    await deadline.waitUntil("connecting a producer and a consumer", async () => {
      // A broker that has just started has no producer ids to give yet, on which kafkajs gives up.
      await Promise.all([consumer.connect(), producer.connect()]);
      return [];
    });
    const reading = read(consumer, topic, value, ledger);
    await deadline.bound("joining a consumer group", Promise.race([reading.joined, reading.failed]));

    const acknowledged: number[] = [];
    const start = performance.now();
    for (let done = 0; done < expected.messages; done += BATCH) {
      const messages = batch(ledger, done, Math.min(BATCH, expected.messages - done), expected.partitions, value);
      const before = performance.now();
      await deadline.bound("writing records", producer.send({ topic, acks: -1, messages }));
      acknowledged.push(performance.now() - before);
    }
    const producing = performance.now() - start;

    await deadline.waitUntil("reading all records back", async () => {
      if (ledger.wrong.length > 0) throw new Fatal(ledger.wrong.join("; "));
      if (ledger.outstanding.length === 0) return [];
      const lost = await lostRecords(admin, topic, sent());
      if (lost.length > 0) throw new Fatal(lost.join("; "));
      return ledger.outstanding;
    });
    const consuming = reading.lastAt() - start;
    await deadline.bound(
      "committing offsets",
      consumer.commitOffsets(sent().map((count, partition) => ({ topic, partition, offset: String(count) }))),
    );

    const bytes = expected.messages * expected.messageBytes;
    return {
      sent: sent(),
      measured: {
        produce: { ...throughput(expected.messages, bytes, producing), acknowledgedAfter: latency(acknowledged) },
        consume: { ...throughput(expected.messages, bytes, consuming), receivedAfter: latency(reading.delays) },
      },
    };
  } finally {
    await Promise.allSettled([consumer.disconnect(), producer.disconnect()]);
  }
}

function batch(ledger: Ledger, first: number, count: number, partitions: number, value: Buffer): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const partition = (first + i) % partitions;
    return { partition, key: String(ledger.next(partition)), value, timestamp: String(Date.now()) };
  });
}

function read(consumer: Consumer, topic: string, value: Buffer, ledger: Ledger) {
  const delays: number[] = [];
  let lastAt = 0;
  const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  const failed = new Promise<never>((_, reject) =>
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) reject(payload.error);
    }),
  );
  failed.catch(() => undefined); // after joining, what is missing tells more
  const running = consumer.subscribe({ topic, fromBeginning: true }).then(() =>
    consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        lastAt = performance.now();
        for (const message of messages) {
          ledger.receive(partition, Number(message.key));
          if (!message.value?.equals(value)) throw new Fatal(`partition ${partition}: a record came back changed`);
          delays.push(Date.now() - Number(message.timestamp));
        }
      },
    }),
  );
  return { delays, lastAt: () => lastAt, joined, failed: Promise.race([failed, running.then(() => failed)]) };
}
