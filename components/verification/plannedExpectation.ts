import type { KafkaPlan } from "../kafka/plan/kafkaPlan";
import type { Expectation } from "./expectation";

/** Records enough for a 99th percentile that says something, few enough for a laptop. */
const MESSAGES = 10_000;
const MESSAGE_BYTES = 1024;
/** A fast cluster needs two seconds for all records. */
const WRITE_SECONDS = 60;
/** A grown cluster's voters join within seconds; log recovery after a crash shows no progress for longer. */
const STANDSTILL_SECONDS = 120;
/** For what goes on and on without coming true, such as replicas that fall behind as often as they catch up. */
const LONGEST_SECONDS = 3600;

/**
 * What a planned Kafka cluster has to be once it runs.
 *
 * @param change what the verification is made of
 */
export function expectationOf(plan: KafkaPlan, clusterId: string, change: string): Expectation {
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
    writeSeconds: WRITE_SECONDS,
    standstillSeconds: STANDSTILL_SECONDS,
    longestSeconds: LONGEST_SECONDS,
    change,
    pods: Object.fromEntries(plan.nodes.map(({ id, host }) => [id, host.split(".")[0]!])),
  };
}

/** More than the verification takes, which knows the reason where its time is over. */
export const GIVE_UP_SECONDS = LONGEST_SECONDS + 600;
