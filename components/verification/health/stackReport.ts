import { healthProblems, type LiveKafka, type Unreached, whyUnreached } from "../../kafka/observed/healthReport";
import type { KafkaPlan } from "../../kafka/plan/kafkaPlan";

/** What `make health` prints, and whether all is well. */
export interface StackReport {
  readonly isWell: boolean;
  readonly lines: readonly string[];
}

/**
 * Report of `make health` on a stack whose Kafka was observed.
 *
 * @param verification why the last verification doesn't apply to Kafka as it is now; empty if it does
 */
export function stackReport(
  stack: string,
  plan: KafkaPlan,
  live: LiveKafka,
  verification: readonly string[],
): StackReport {
  const unreached = "unreached" in live.kafka ? live.kafka.unreached : undefined;
  const problems = [...healthProblems(plan, live), ...verification];
  if (problems.length > 0) {
    const unknown = unreached ? [`what Kafka says of itself is unknown: ${whyUnreached(unreached)}`] : [];
    return {
      isWell: false,
      lines: [
        `${stack} is not well:`,
        ...[...problems, ...unknown].map((each) => `  ${each}`),
        "To repair what an update can repair, and to verify Kafka again:",
        `  bin/pulumi up --stack ${stack}`,
      ],
    };
  }
  if (unreached) return unknownReport(stack, unreached);
  const { brokers, voters } = plan;
  return {
    isWell: true,
    lines: [
      `${stack} is well: all pods and nodes are ready, ${count(brokers, "broker serves", "brokers serve")} clients, all replicas are in ` +
        `sync, ${count(voters, "voter is", "voters are")} up to date, and the last verification is of what runs`,
    ],
  };
}

function count(ids: readonly number[], one: string, several: string): string {
  return ids.length === 1 ? `1 ${one}` : `${ids.length} ${several}`;
}

/** Report of `make health` on a stack whose Kafka could not be reached. */
export function unknownReport(stack: string, unreached: Unreached): StackReport {
  return { isWell: false, lines: [`It is unknown whether ${stack}'s Kafka is well:`, `  ${whyUnreached(unreached)}`] };
}
