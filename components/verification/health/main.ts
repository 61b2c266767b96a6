import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { promisify } from "node:util";

import { AdminApiClient } from "../../cluster/adminApiClient";
import { backupsNow } from "../../cluster/backups/newestBackups";
import { backupLines } from "../../cluster/backups/report";
import { certificateProblems } from "../../cluster/certificates/report";
import { unreachableIn } from "../../cluster/unreachable";
import { reasonOf, UnreadableAnswer } from "../../failures";
import { ageOfReport, reportProblems, runningPlan } from "../../kafka/observed/healthReport";
import { lookAtKafka, runsOf, unreachedApiServer } from "../../kafka/observed/liveKafka";
import { stackReport, type StackReport, unknownReport } from "./stackReport";

const KAFKA = "kafka";

/**
 * `make health`: whether a stack's Kafka is well, and whether its last verification still applies. Reads only. The exit
 * code is 1 if it isn't well, or if that is unknown.
 */
async function main(stack: string): Promise<void> {
  const apiServer = new AdminApiClient(await kubeconfigOf(stack));
  const { isWell, lines } = await reportOf(stack, apiServer).catch((error: unknown) => {
    if (!unreachableIn(error) && !(error instanceof UnreadableAnswer)) throw error;
    return unknownReport(stack, unreachedApiServer(error));
  });
  console.log(lines.join("\n"));
  if (!isWell) process.exitCode = 1;
}

async function reportOf(stack: string, apiServer: AdminApiClient): Promise<StackReport> {
  const live = await lookAtKafka(apiServer, KAFKA, KAFKA);
  const plan = runningPlan(KAFKA, KAFKA, live.sets);
  if (!plan) throw new Error(`${stack} has no Kafka: there is no StatefulSet ${KAFKA}/${KAFKA}`);
  const runs = (job: string) => runsOf(apiServer, KAFKA, `${KAFKA}-${job}`);
  const [backups, verifications, drain, roll, rebalance] = await Promise.all([
    backupsNow(apiServer),
    runs("verification"),
    runs("drain"),
    runs("roll"),
    runs("rebalance"),
  ]);
  const age = ageOfReport(verifications, new Date());
  const certificates = certificateProblems(live.nodes);
  const { isWell, lines } = stackReport(stack, plan, live, reportProblems(verifications, { drain, roll, rebalance }));
  return {
    isWell: isWell && backups.problems.length === 0,
    lines: [...(age === undefined ? [] : [age]), ...certificates, ...backupLines(backups), ...lines],
  };
}

async function kubeconfigOf(stack: string): Promise<string> {
  const pulumi = resolve(__dirname, "../../../bin/pulumi");
  const arguments_ = ["stack", "output", "kubeconfig", "--show-secrets", "--stack", stack];
  const { stdout } = await promisify(execFile)(pulumi, arguments_, { maxBuffer: 2 ** 24 });
  return stdout;
}

const [stack] = process.argv.slice(2);
main(stack!).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exitCode = 1;
});
