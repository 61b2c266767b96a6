import * as fs from "fs";
import type { Expectation } from "../expectation";
import { Kubernetes } from "../../programs/program/kubernetes";
import { rolloutProblems, type StatefulSet } from "./rollout";
import { verify } from "./verify";
import { Deadline } from "../../programs/program/waiting";

/**
 * Verifies a Kafka cluster and leaves its report as an annotation of the Job that runs it. On failure the reason goes to
 * the container's termination message, which `pulumi up` shows. Outside a cluster only Kafka is asked.
 */
async function main(): Promise<void> {
  const { EXPECTATION, POD_NAME, JOB_PATH, STATEFUL_SET_PATH, REPORT_ANNOTATION } = process.env;
  const expected = JSON.parse(EXPECTATION!) as Expectation;
  const kubernetes = Kubernetes.inCluster();

  if (kubernetes) {
    await new Deadline(expected.rolloutSeconds).waitUntil("a complete roll of Kafka's pods", async () =>
      rolloutProblems(await kubernetes.get<StatefulSet>(STATEFUL_SET_PATH!)),
    );
  }
  const report = JSON.stringify(await verify(expected, POD_NAME ?? `local-${process.pid}`, console.error));
  console.log(report);
  await kubernetes?.patch(JOB_PATH!, { metadata: { annotations: { [REPORT_ANNOTATION!]: report } } });
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    const reason = `Kafka's verification failed: ${error.message}`;
    console.error(reason);
    if (process.env.TERMINATION_LOG) fs.writeFileSync(process.env.TERMINATION_LOG, reason);
    process.exit(1);
  },
);
