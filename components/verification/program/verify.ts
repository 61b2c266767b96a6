import { Kafka, logLevel, type RetryOptions } from "kafkajs";
import type { Expectation } from "../expectation";
import type { VerificationReport } from "../report";
import { leadersPerBroker } from "./checks";
import { committedOffsets } from "./offsets";
import { stateOf } from "./state";
import { Connection } from "../../kafka/protocol/connection";
import { exchangeRecords } from "./records";
import { round } from "./statistics";
import { brokersArePlanned, layoutIsPlanned, quorumIsPlanned } from "./readiness";
import { createTopic, describeTopic, removeTopics, TOPIC_PREFIX } from "./topic";
import { Deadline } from "../../programs/program/waiting";

/** Questions are asked again anyway, with their own time limit. */
const ASKING: RetryOptions = { retries: 3, initialRetryTime: 100, maxRetryTime: 1000 };
/** Clients have to bear with a broker that is just starting. */
const EXCHANGING: RetryOptions = { retries: 60, initialRetryTime: 100, maxRetryTime: 1000 };

/**
 * Waits until the cluster is as planned, then writes records, reads them back and compares. Leaves nothing behind.
 *
 * @param runName distinguishes this run's topic and consumer group from those of others
 * @throws Error with a reason for people
 */
export async function verify(
  expected: Expectation,
  runName: string,
  log: (line: string) => void,
): Promise<VerificationReport> {
  const admin = connection(expected, ASKING).admin();
  const name = TOPIC_PREFIX + runName;
  const timed = stopwatch(log);
  const deadline = (): Deadline => new Deadline(expected.deadlineSeconds);
  const ready = deadline();
  try {
    const brokers = await timed("brokers", () => brokersArePlanned(admin, expected, ready));
    await timed("topic", () => createTopic(admin, name, expected, ready));
    await timed("readiness", () =>
      Promise.all([layoutIsPlanned(admin, name, expected, ready), quorumIsPlanned(brokers, expected, ready)]),
    );
    const exchanged = await timed("records", () =>
      exchangeRecords(connection(expected, EXCHANGING), admin, name, expected, deadline()),
    );
    await committedOffsets(admin, name, exchanged.sent);
    // A broker that went away during all this is noticed late, and others take over: look again.
    await timed("afterwards", () => layoutIsPlanned(admin, name, expected, deadline()));

    return {
      clusterId: expected.clusterId,
      brokers: expected.brokers.length,
      voters: expected.voters,
      partitions: expected.partitions,
      replicationFactor: expected.replicationFactor,
      leaders: leadersPerBroker(expected.brokers, await describeTopic(admin, name)),
      messages: expected.messages,
      bytes: expected.messages * expected.messageBytes,
      ...exchanged.measured,
      state: await stateOf(new Connection(brokers)),
      seconds: timed.result(),
    };
  } finally {
    await removeTopics(admin)
      .then(() => admin.deleteGroups([name]))
      .catch(() => undefined); // the verdict stands; the next run removes what is left
    await admin.disconnect().catch(() => undefined);
  }
}

function connection(expected: Expectation, retry: RetryOptions): Kafka {
  const brokers = expected.bootstrapServers.split(",");
  return new Kafka({ clientId: "verification", brokers, logLevel: logLevel.NOTHING, retry });
}

type Step = Exclude<keyof VerificationReport["seconds"], "total">;

/** Times the steps, and says which one begins. */
function stopwatch(log: (line: string) => void) {
  const started = performance.now();
  const seconds: Partial<Record<Step, number>> = {};
  const since = (start: number): number => round((performance.now() - start) / 1000, 2);
  const timed = async <T>(step: Step, action: () => Promise<T>): Promise<T> => {
    log(`checking ${step}`);
    const start = performance.now();
    const result = await action();
    seconds[step] = since(start);
    return result;
  };
  return Object.assign(timed, {
    result: () => ({ ...(seconds as Record<Step, number>), total: since(started) }),
  });
}
