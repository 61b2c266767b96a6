/**
 * A producer on kafkajs with its default settings: kafkajs_load.mts BOOTSTRAP TOPIC
 *
 * Sends a record to each partition ten times a second until standard input ends. Prints what it found as JSON: records
 * acknowledged, the longest that one waited for it, and what went wrong, each once.
 */
import { Kafka, logLevel } from "kafkajs";

const PARTITIONS = 6;
const INTERVAL_MS = 100;

async function run(bootstrap: string, topic: string): Promise<void> {
  const producer = new Kafka({ brokers: bootstrap.split(","), logLevel: logLevel.NOTHING }).producer();
  await producer.connect();

  let acknowledged = 0;
  let longestStallMs = 0;
  const errors = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const send = async (partition: number): Promise<void> => {
    const sent = performance.now();
    try {
      await producer.send({ topic, messages: [{ partition, value: "." }] });
      acknowledged++;
      longestStallMs = Math.max(longestStallMs, performance.now() - sent);
    } catch (error) {
      errors.add((error as Error).message);
    }
  };

  const timer = setInterval(() => {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const sending = send(partition).finally(() => underWay.delete(sending));
      underWay.add(sending);
    }
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
