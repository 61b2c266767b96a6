import type { RetryOptions } from "kafkajs";
import { isMistake, reasonOf } from "../../failures";
import { askWith } from "../../kafka/protocol/ask";
import { brokerSettings } from "../../kafka/protocol/configs";
import { Connection } from "../../kafka/protocol/connection";
import { removeGroup } from "../../kafka/protocol/groups";
import { layoutOf } from "../../kafka/protocol/partitions";
import { VERIFICATION_TOPIC_PREFIX } from "../../kafka/changes/verificationTopics";
import { podCertificate } from "../../programs/inPod/podCertificate";
import { Deadline } from "../../programs/inPod/waiting";
import type { Expectation } from "../expectation";
import type { VerificationReport } from "../report";
import { leadersPerBroker } from "./checks";
import { boundsOf, BROKER_LIMITS, clientOf, joinProblems } from "./client";
import { committedOffsets } from "./offsets";
import { brokersArePlanned, PlannedLayout, quorumIsPlanned } from "./readiness";
import { exchangeRecords } from "./records";
import { stateOf } from "./state";
import { round } from "./statistics";
import { deleteVerificationTopics, emptyTopic, ofTopic, provideTopic } from "./topic";
import { warningsOf } from "./warnings";

/** Retries of the clients, long enough for a broker that is just starting. */
const EXCHANGE_RETRY: RetryOptions = { retries: 60, initialRetryTime: 100, maxRetryTime: 1000 };
const POLL_MS = 250;
/** Time limit of the cleanup. Its failure changes nothing, and brokers may be down for good. */
const CLEAN_UP_SECONDS = 5;

/**
 * Waits until the cluster is as planned, then writes records, reads them back and compares. Afterwards it deletes its
 * topic and its consumer group; the topic stays if brokers refuse to delete topics.
 *
 * @param runName name of this run's topic and consumer group, without the prefix
 * @param hostsOf asks for the host of each node, by the node's id
 * @throws Error with the reason and the cluster's problems
 */
export async function verify(
  expected: Expectation,
  runName: string,
  hostsOf: () => Promise<Record<number, string>>,
  log: (line: string) => void,
): Promise<VerificationReport> {
  const run = VERIFICATION_TOPIC_PREFIX + runName;
  const deadline = new Deadline(expected.standstillSeconds, POLL_MS, expected.longestSeconds);
  const step = stepsOf(deadline, log);
  let traces: Trace[] = [];
  let problems = async (): Promise<string[]> => [];
  try {
    const kafka = new Connection(
      await step("brokers", () => brokersArePlanned(expected, deadline)),
      askWith(podCertificate),
    );
    const group = (): Promise<void> => removeGroup(kafka, run);
    traces = [group, () => deleteVerificationTopics(kafka)];
    const layout = new PlannedLayout(kafka, expected);
    problems = () => layout.clusterWideProblems();
    const settings = await deadline.answer("the brokers' settings", () =>
      brokerSettings(kafka, expected.brokers[0]!, BROKER_LIMITS),
    );
    const bounds = boundsOf(expected, settings);
    if (!bounds.deletesTopics) traces = [group];
    const topic = await step("topic", () => provideTopic(kafka, run, expected, bounds.deletesTopics, deadline));
    await step("readiness", () =>
      Promise.all([layout.wait(topic, deadline), quorumIsPlanned(kafka, expected, deadline)]),
    );
    const { written, measured } = await step("records", async () => {
      const exchange = {
        clients: clientOf(expected, EXCHANGE_RETRY),
        kafka,
        topic,
        begin: await emptyTopic(kafka, topic, deadline),
        groupId: run,
        bounds,
        problems: async () => [...joinProblems(settings), ...(await layout.problems(topic))],
      };
      return exchangeRecords(exchange, expected, deadline);
    });
    await deadline.answer("committed offsets", () => committedOffsets(kafka, topic, run, written));
    // A broker that failed meanwhile may not have been noticed, since other brokers take over: check the layout again.
    await step("afterwards", () => layout.wait(topic, deadline));

    const state = await deadline.answer("the cluster's state", async () => stateOf(kafka, await hostsOf()));
    const { partitions } = await deadline.answer("leaders", () => layoutOf(kafka));
    const report = {
      madeAt: new Date().toISOString(),
      change: expected.change,
      warnings: warningsOf(expected, measured.messages, state, bounds.deletesTopics ? undefined : topic),
      clusterId: expected.clusterId,
      brokers: expected.brokers.length,
      voters: expected.voters,
      partitions: expected.partitions,
      replicationFactor: expected.replicationFactor,
      leaders: leadersPerBroker(expected.brokers, ofTopic(partitions, topic)),
      ...measured,
      state,
      seconds: step.seconds(),
    };
    await cleanUp(traces);
    return report;
  } catch (error) {
    // A full disk causes many kinds of errors, so the cluster's current problems are added to the error.
    const reason = reasonOf(error);
    const more = (await problems().catch(() => [])).filter((problem) => !reason.includes(problem));
    await cleanUp(traces).catch(() => undefined); // this error counts, whatever else fails
    throw new Error([reason, ...more].join("; "), { cause: error });
  }
}

/** Removes something that a run has made. */
type Trace = () => Promise<void>;

/**
 * Removes what a run has made. A failure doesn't change the verification's result, since the next run deletes topics that are
 * left. @throws the error of a mistake in the program
 */
export async function cleanUp(traces: readonly Trace[], seconds = CLEAN_UP_SECONDS): Promise<void> {
  for (const remove of traces) {
    await new Deadline(seconds).answer("its removal", remove).catch((error: Error) => {
      if (isMistake(error)) throw error;
    });
  }
}

type Step = Exclude<keyof VerificationReport["seconds"], "total">;

/** Runs steps: logs each one's name, restarts the deadline for it, and measures its time. */
function stepsOf(deadline: Deadline, log: (line: string) => void) {
  const started = performance.now();
  const taken: Partial<Record<Step, number>> = {};
  const secondsSince = (start: number): number => round((performance.now() - start) / 1000, 2);
  const step = async <T>(name: Step, action: () => Promise<T>): Promise<T> => {
    log(`checking ${name}`);
    deadline.progress();
    const start = performance.now();
    const result = await action();
    taken[name] = secondsSince(start);
    return result;
  };
  const seconds = () => ({ ...(taken as Record<Step, number>), total: secondsSince(started) });
  return Object.assign(step, { seconds });
}
