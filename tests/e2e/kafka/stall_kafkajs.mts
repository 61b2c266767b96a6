/**
 * A producer on kafkajs with its default settings: stall_kafkajs.mts BOOTSTRAP TOPIC
 *
 * Sends a record to each partition twice a second until standard input ends. Prints JSON with the number of acknowledged records, the
 * longest time from sending a record to its acknowledgement in seconds, and the distinct errors.
 */
import { Kafka, logLevel } from "kafkajs";

const PARTITIONS = 6;
const INTERVAL_MS = 500;
const messages = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, value: "." }));

async function run(bootstrap: string, topic: string): Promise<void> {
  const producer = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING }).producer();
  await producer.connect();

  let acknowledged = 0;
  let longestStallMs = 0;
  const errors = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const send = async (): Promise<void> => {
    const sent = performance.now();
    try {
      await producer.send({ topic, messages });
      acknowledged += messages.length;
      longestStallMs = Math.max(longestStallMs, performance.now() - sent);
    } catch (error) {
      errors.add((error as Error).message);
    }
  };

  const timer = setInterval(() => {
    const sending = send().finally(() => underWay.delete(sending));
    underWay.add(sending);
  }, INTERVAL_MS);
  process.stdin.resume();
  await new Promise((resolve) => process.stdin.on("end", resolve));
  clearInterval(timer);
  await Promise.all(underWay);
  console.log(JSON.stringify({ acknowledged, longestStallSeconds: longestStallMs / 1000, errors: [...errors] }));
  await producer.disconnect();
}

const [bootstrap, topic] = process.argv.slice(2) as [string, string];
void run(bootstrap, topic);
