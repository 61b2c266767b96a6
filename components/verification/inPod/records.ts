import { setTimeout as sleep } from "node:timers/promises";
import type { Consumer, ConsumerCrashEvent, Kafka, Message } from "kafkajs";
import type { Connection } from "../../kafka/protocol/connection";
import { Fatal, type Deadline } from "../../programs/inPod/waiting";
import type { Expectation } from "../expectation";
import type { VerificationReport } from "../report";
import type { Bounds } from "./client";
import { Ledger } from "./ledger";
import { lostRecords, type Written } from "./offsets";
import { latency, throughput } from "./statistics";

/** A batch that takes longer than this is followed by a smaller one, any other by a larger one. */
const SLOW_MS = 1000;
/**
 * How many of the largest batches may be written and not read yet. Smaller ones are all read before the next: where a quota
 * slows the consumer down, batches stay small, and little is left to read when the time for writing is over.
 */
const BATCHES_AHEAD = 20;
const LOOK_MS = 5;

/** Where and by whom records are exchanged. */
export interface Exchange {
  readonly clients: Kafka;
  readonly kafka: Connection;
  readonly topic: string;
  /** Offset at which each partition of the topic begins. */
  readonly begin: readonly number[];
  /** Consumer group, new for this run. */
  readonly groupId: string;
  readonly bounds: Bounds;
  /** What to wait for while the consumer joins its group: what is still wrong with the cluster. */
  readonly problems: () => Promise<string[]>;
}

export interface Exchanged {
  readonly written: Written;
  readonly measured: Pick<VerificationReport, "messages" | "bytes" | "produce" | "consume">;
}

/**
 * Writes records, acknowledged by all replicas in sync, while a consumer group of one reads them; commits what was read.
 * A slow cluster gets fewer records: after some time no more are begun.
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
    // Else a question about the topic after its deletion would make it anew, where brokers create topics by themselves.
    allowAutoTopicCreation: false,
  });
  // More than one request at a time could reorder an idempotent producer's records (kafkajs#598), and giving up on one
  // before it is known to have failed could duplicate it: the deadline ends the trying.
  const retry = { retries: Number.MAX_SAFE_INTEGER };
  const producer = clients.producer({ idempotent: true, maxInFlightRequests: 1, retry, allowAutoTopicCreation: false });
  const written = (): Written => ({ begin, sent: begin.map((_, partition) => ledger.sentTo(partition)) });

  try {
    await deadline.waitUntil("connecting a producer and a consumer", async () => {
      // A broker that has just started has no producer ids to give yet, on which kafkajs gives up.
      await Promise.all([consumer.connect(), producer.connect()]);
      return [];
    });
    const reading = read(consumer, topic, value, ledger, deadline);
    await deadline.waitWhileChanging("joining a consumer group", async () => {
      if (reading.failure) {
        throw new Fatal(`joining a consumer group failed: ${reading.failure.message}`, { cause: reading.failure });
      }
      return reading.hasJoined ? [] : ["the group's coordinator hasn't let it in", ...(await problems())];
    });

    const acknowledged: number[] = [];
    const start = performance.now();
    const mayGoOn = (): boolean => !reading.failure && performance.now() - start < expected.writeSeconds * 1000;
    let done = 0;
    for (let size = Math.min(expected.partitions, bounds.batch); done < expected.messages;) {
      if (done >= expected.partitions && !mayGoOn()) break; // each partition has some
      const count = Math.min(size, expected.messages - done);
      const before = performance.now();
      const messages = batch(ledger, done, count, expected.partitions, value);
      await deadline.bound("writing records", producer.send({ topic, acks: -1, messages }));
      deadline.progress();
      acknowledged.push(performance.now() - before);
      const ahead = size < bounds.batch ? 0 : size * BATCHES_AHEAD;
      while (ledger.unread > ahead && mayGoOn()) await sleep(LOOK_MS);
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
        const why = `all records are in the log, but can't be read from it: ${reading.failure.message}`;
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

/** How many records to send next, after a batch of `size` that took so many milliseconds. */
export function nextSize(size: number, milliseconds: number, most: number): number {
  return milliseconds > SLOW_MS ? Math.max(1, Math.floor(size / 2)) : Math.min(most, size * 2);
}

function batch(ledger: Ledger, first: number, count: number, partitions: number, value: Buffer): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const partition = (first + i) % partitions;
    return { partition, key: String(ledger.next(partition)), value, timestamp: String(Date.now()) };
  });
}

/** How far a consumer is. */
interface Reading {
  hasJoined: boolean;
  /** Why it has stopped for good. */
  failure?: Error;
  /** When it got the last record, by performance.now(). */
  lastAt: number;
  /** Milliseconds from sending to receiving, of each record. */
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
