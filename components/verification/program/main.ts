import * as fs from "fs";
import type { Expectation } from "../expectation";
import { annotateJob } from "./kubernetes";
import { verify } from "./verify";

/**
 * Verifies a Kafka cluster and leaves its report as an annotation of the Job that runs it. On failure the reason goes to
 * the container's termination message, which `pulumi up` shows.
 */
async function main(): Promise<void> {
  const expected = JSON.parse(process.env.EXPECTATION!) as Expectation;
  const runName = process.env.POD_NAME ?? `local-${process.pid}`;
  const report = JSON.stringify(await verify(expected, runName, (line) => console.error(line)));
  console.log(report);
  await annotateJob(report);
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
