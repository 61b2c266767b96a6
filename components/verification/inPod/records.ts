import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, ConsumerCrashEvent, Kafka, Message } from "kafkajs";
import { Fatal, reasonOf } from "../../failures";
import type { Connection } from "../../kafka/protocol/connection";
import type { Deadline } from "../../programs/inPod/waiting";
import type { Expectation } from "../expectation";
import type { VerificationReport } from "../report";
import type { Bounds } from "./client";
import { Ledger } from "./ledger";
import { lostRecords, type Written } from "./offsets";
import { latency, throughput } from "./statistics";

/** After a batch that takes longer than this, the next one is smaller; otherwise it is larger. */
const SLOW_MS = 1000;
/**
 * Number of batches that the producer may be ahead of the consumer, once batches have the largest size. Smaller batches
 * are read before the next one is written. So if a quota slows the consumer down, little is left to read when the time
 * for writing is over.
 */
const BATCHES_AHEAD = 20;
const POLL_MS = 5;

/** Clients and topic of an exchange of records. */
export interface Exchange {
  readonly clients: Kafka;
  readonly kafka: Connection;
  readonly topic: string;
  /** Offset at which each partition of the topic begins. */
  readonly begin: readonly number[];
  /** Id of the consumer group, new for this run. */
  readonly groupId: string;
  readonly bounds: Bounds;
  /** Asks for the cluster's problems while the consumer joins its group. */
  readonly problems: () => Promise<string[]>;
}

/** Result of an exchange. */
export interface Exchanged {
  readonly written: Written;
  readonly measured: Pick<VerificationReport, "messages" | "bytes" | "produce" | "consume">;
}

/**
 * Writes records with `acks=all` while a consumer group of one reads them, then commits the consumer's offsets. A slow
 * cluster gets fewer records, since writing ends after a time limit.
 *
 * @throws Fatal if records are lost, duplicated, reordered or changed
 */
export async function exchangeRecords(
  { clients, kafka, topic, begin, groupId, bounds, problems }: Exchange,
  expected: Expectation,
  deadline: Deadline,
): Promise<Exchanged> {
  const ledger = new Ledger(begin);
  const value = Buffer.alloc(bounds.recordBytes, topic);
  const consumer = clients.consumer({
    groupId,
    maxWaitTimeInMs: 250,
    sessionTimeout: bounds.sessionTimeoutMs,
    heartbeatInterval: bounds.heartbeatMs,
    // Otherwise a metadata request after the topic's deletion could create it again, if brokers create topics
    // automatically.
    allowAutoTopicCreation: false,
  });
  // With several requests in flight, kafkajs could reorder an idempotent producer's records (kafkajs#598). A retry
  // limit could give up a request whose outcome is unknown, and so duplicate it: the deadline ends retries instead.
  const retry = { retries: Number.MAX_SAFE_INTEGER };
  const producer = clients.producer({ idempotent: true, maxInFlightRequests: 1, retry, allowAutoTopicCreation: false });
  const written = (): Written => ({ begin, sent: begin.map((_, partition) => ledger.sentTo(partition)) });

  try {
    await deadline.waitUntil("connecting a producer and a consumer", async () => {
      // A broker that has just started can't assign producer ids yet, and kafkajs doesn't retry that.
      await Promise.all([consumer.connect(), producer.connect()]);
      return [];
    });
    const reading = read(consumer, topic, value, ledger, deadline);
    await deadline.waitWhileChanging("joining a consumer group", async () => {
      if (reading.failure) {
        throw new Fatal(`joining a consumer group failed: ${reasonOf(reading.failure)}`, { cause: reading.failure });
      }
      return reading.hasJoined ? [] : ["the consumer has not joined its group", ...(await problems())];
    });

    const acknowledged: number[] = [];
    const start = performance.now();
    const mayContinue = (): boolean => !reading.failure && performance.now() - start < expected.writeSeconds * 1000;
    let done = 0;
    for (let size = Math.min(expected.partitions, bounds.batch); done < expected.messages;) {
      if (done >= expected.partitions && !mayContinue()) break; // each partition has at least one record
      const count = Math.min(size, expected.messages - done);
      const before = performance.now();
      const messages = batch(ledger, done, count, expected.partitions, value);
      await deadline.bound("writing records", producer.send({ topic, acks: -1, messages }));
      deadline.progress();
      acknowledged.push(performance.now() - before);
      const ahead = size < bounds.batch ? 0 : size * BATCHES_AHEAD;
      while (ledger.unread > ahead && mayContinue()) await sleep(POLL_MS);
      done += count;
      size = nextSize(size, performance.now() - before, bounds.batch);
    }
    const producing = performance.now() - start;

    await deadline.waitUntil("reading all records back", async () => {
      if (ledger.wrong.length > 0) throw new Fatal(ledger.wrong.join("; "));
      if (ledger.unread === 0) return [];
      const lost = await lostRecords(kafka, topic, written());
      if (lost.length > 0) throw new Fatal(lost.join("; "));
      if (reading.failure) {
        const why = `all records are in the log, but can't be read from it: ${reasonOf(reading.failure)}`;
        throw new Fatal(why, { cause: reading.failure });
      }
      return ["all records are in the log", ...ledger.outstanding];
    });
    const consuming = reading.lastAt - start;
    const ends = written().sent.map((count, partition) => String(begin[partition]! + count));
    await deadline.bound(
      "committing offsets",
      consumer.commitOffsets(ends.map((offset, partition) => ({ topic, partition, offset }))),
    );

    const bytes = done * bounds.recordBytes;
    return {
      written: written(),
      measured: {
        messages: done,
        bytes,
        produce: { ...throughput(done, bytes, producing), acknowledgedAfter: latency(acknowledged) },
        consume: { ...throughput(done, bytes, consuming), receivedAfter: latency(reading.delays) },
      },
    };
  } finally {
    await Promise.allSettled([consumer.disconnect(), producer.disconnect()]);
  }
}

/** Number of records in the next batch, after one of `size` that took `milliseconds`. */
export function nextSize(size: number, milliseconds: number, most: number): number {
  return milliseconds > SLOW_MS ? Math.max(1, Math.floor(size / 2)) : Math.min(most, size * 2);
}

function batch(ledger: Ledger, first: number, count: number, partitions: number, value: Buffer): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const partition = (first + i) % partitions;
    return { partition, key: String(ledger.next(partition)), value, timestamp: String(Date.now()) };
  });
}

/** Progress of the consumer. */
interface Reading {
  /** Whether the consumer has joined its group. */
  hasJoined: boolean;
  /** Why the consumer has stopped for good. */
  failure?: Error;
  /** Time of the last record, by performance.now(). */
  lastAt: number;
  /** Milliseconds from sending to receiving each record. */
  readonly delays: number[];
}

function read(consumer: Consumer, topic: string, value: Buffer, ledger: Ledger, deadline: Deadline): Reading {
  const reading: Reading = { hasJoined: false, lastAt: 0, delays: [] };
  const fail = (error: Error): void => {
    reading.failure = error;
  };
  consumer.on(consumer.events.GROUP_JOIN, () => {
    reading.hasJoined = true;
  });
  consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => {
    if (!payload.restart) fail(payload.error);
  });
  const run = async (): Promise<void> => {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatch: async ({ batch: { partition, messages } }) => {
        reading.lastAt = performance.now();
        for (const message of messages) {
          const isNew = ledger.receive(partition, Number(message.offset), Number(message.key));
          if (!message.value?.equals(value))
            ledger.mistake(partition, `record ${String(message.key)} came back changed`);
          if (!isNew) continue;
          reading.delays.push(Date.now() - Number(message.timestamp));
          deadline.progress();
        }
      },
    });
  };
  run().catch(fail);
  return reading;
}
