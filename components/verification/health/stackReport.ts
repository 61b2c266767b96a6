import { healthProblems, type LiveKafka, type Unreached, whyUnreached } from "../../kafka/healthReport";
import type { KafkaPlan } from "../../kafka/plan";

/** What `make health` prints, and whether all is well. */
export interface StackReport {
  readonly isWell: boolean;
  readonly lines: readonly string[];
}

/**
 * What `make health` says of a stack whose Kafka was looked at.
 *
 * @param verification why the last verification says nothing of Kafka as it is now; none where it holds
 */
export function stackReport(
  stack: string,
  plan: KafkaPlan,
  live: LiveKafka,
  verification: readonly string[],
): StackReport {
  const unreached = "unreached" in live.kafka ? live.kafka.unreached : undefined;
  const problems = [...healthProblems(plan, live), ...verification];
  const unknown = unreached ? unknownReport(stack, unreached).lines : [];
  if (problems.length > 0) {
    return { isWell: false, lines: [`${stack} is not well:`, ...problems.map((each) => `  ${each}`), ...unknown] };
  }
  if (unreached) return { isWell: false, lines: unknown };
  const { brokers, voters } = plan;
  return {
    isWell: true,
    lines: [
      `${stack} is well: ${brokers.length} brokers serve, all replicas are in sync, voters ${voters.join(", ")} are up to date`,
    ],
  };
}

/** The same where Kafka could not be looked at. */
export function unknownReport(stack: string, unreached: Unreached): StackReport {
  return { isWell: false, lines: [`It is unknown whether ${stack}'s Kafka is well:`, `  ${whyUnreached(unreached)}`] };
}
