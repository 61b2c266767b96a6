import type { KafkaPlan } from "../kafka/plan";
import type { Expectation } from "./expectation";

/** Records enough for a 99th percentile that says something, few enough for a laptop. */
const MESSAGES = 10_000;
const MESSAGE_BYTES = 1024;
/** A grown cluster's voters join within seconds; log recovery after a crash takes longer. */
const DEADLINE_SECONDS = 120;

/** What a planned Kafka cluster has to be once it runs. */
export function expectationOf(plan: KafkaPlan, clusterId: string): Expectation {
  return {
    bootstrapServers: plan.bootstrapServers,
    clusterId,
    brokers: [...plan.brokers],
    voters: [...plan.voters],
    replicationFactor: plan.replicationFactor,
    minInsyncReplicas: plan.minInsyncReplicas,
    partitions: Math.max(3, 2 * plan.brokers.length),
    messages: MESSAGES,
    messageBytes: MESSAGE_BYTES,
    deadlineSeconds: DEADLINE_SECONDS,
  };
}

/** More than all time limits of a verification together: those that end it know the reason. */
export function longestRun({ deadlineSeconds }: Expectation): number {
  return 3 * deadlineSeconds + 240;
}
