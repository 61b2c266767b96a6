import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

import { ApiServer } from "../../cluster/apiServer";
import { ageOfReport, healthProblems, reportProblems, runningPlan } from "../../kafka/healthReport";
import { lookAtKafka, runsOf } from "../../kafka/liveKafka";

const KAFKA = "kafka";

/**
 * `make health`: whether a stack's Kafka is well now, and whether its verification is of now. Reads only. Ends with 1 where it
 * isn't, or can't be seen.
 */
async function main(stack: string): Promise<void> {
  const apiServer = new ApiServer(await kubeconfigOf(stack));
  const live = await lookAtKafka(apiServer, KAFKA, KAFKA);
  const plan = runningPlan(KAFKA, KAFKA, live.sets);
  if (!plan) throw new Error(`${stack} has no Kafka: there is no StatefulSet ${KAFKA}/${KAFKA}`);
  const [verifications, ...changes] = await Promise.all(
    ["verification", "drain", "roll", "rebalance"].map((job) => runsOf(apiServer, KAFKA, `${KAFKA}-${job}`)),
  );
  const problems = [...healthProblems(plan, live), ...reportProblems(verifications!, changes.flat())];
  const age = ageOfReport(verifications!, new Date());
  if (age !== undefined) console.log(age);
  if (problems.length === 0) {
    console.log(
      `${stack} is well: ${plan.brokers.length} brokers serve, all replicas are in sync, voters ${plan.voters.join(", ")} are up to date`,
    );
    return;
  }
  console.log([`${stack} is not well:`, ...problems.map((problem) => `  ${problem}`)].join("\n"));
  process.exitCode = 1;
}

async function kubeconfigOf(stack: string): Promise<string> {
  const pulumi = resolve(__dirname, "../../../bin/pulumi");
  const arguments_ = ["stack", "output", "kubeconfig", "--show-secrets", "--stack", stack];
  const { stdout } = await promisify(execFile)(pulumi, arguments_, { maxBuffer: 2 ** 24 });
  return stdout;
}

const [stack] = process.argv.slice(2);
main(stack!).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
