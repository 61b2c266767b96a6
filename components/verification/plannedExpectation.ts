import type { KafkaPlan } from "../kafka/plan/kafkaPlan";
import type { Expectation } from "./expectation";

/** Enough records for a meaningful 99th percentile, and few enough for a laptop. */
const MESSAGES = 10_000;
const MESSAGE_BYTES = 1024;
/** Time limit for writing all records. A fast cluster needs two seconds. */
const WRITE_SECONDS = 60;
/** Voters of a grown cluster join within seconds, but log recovery after a crash shows no progress for longer. */
const STANDSTILL_SECONDS = 120;
/** Limit for progress that never ends, such as replicas that fall behind as often as they catch up. */
const LONGEST_SECONDS = 3600;

/**
 * The expectation of a planned Kafka cluster.
 *
 * @param change id of the change that is verified
 */
export function expectationOf(plan: KafkaPlan, clusterId: string, change: string): Expectation {
  return {
    bootstrapServers: plan.bootstrapServersOfJobs,
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

/** Time limit of the Job. The verification's own limit is shorter, so that it can give the reason. */
export const GIVE_UP_SECONDS = LONGEST_SECONDS + 600;
