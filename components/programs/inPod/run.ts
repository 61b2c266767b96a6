import * as fs from "fs";
import { reasonOf } from "../../failures";
import { BESIDE_LABEL, PROGRAM_LABEL } from "../jobMarks";
import { PodApiClient } from "./podApiClient";
import { Deadline } from "./waiting";

/** What a run does about other programs' Jobs that still run and may not run at the same time. */
export type OtherJobs = "removed" | "left";

/**
 * Runs a Job's program and ends the process. The report becomes an annotation of the Job. The reason of a failure
 * becomes the container's termination message, which `pulumi up` shows.
 *
 * @param what what failed, as the beginning of the failure's sentence
 * @param main the program; it gets a client of the API server, undefined outside a cluster, and `earlierJobs`, which
 *   asks for the Jobs that were created before this one and still run
 */
export function runProgram(
  what: string,
  main: (kubernetes: PodApiClient | undefined, earlierJobs: () => Promise<string[]>) => Promise<unknown>,
  otherJobs: OtherJobs = "removed",
): void {
  const { NAMESPACE, JOB_NAME, REPORT_ANNOTATION, TERMINATION_LOG } = process.env;
  const jobs = `/apis/batch/v1/namespaces/${NAMESPACE}/jobs`;
  const run = async (): Promise<void> => {
    const kubernetes = PodApiClient.inCluster();
    if (kubernetes) await removeOtherRuns(kubernetes, jobs, JOB_NAME!, otherJobs);
    const earlierJobs = async (): Promise<string[]> =>
      kubernetes ? madeBefore(await allRuns(kubernetes, jobs), JOB_NAME!) : [];
    const report = JSON.stringify(await main(kubernetes, earlierJobs));
    console.log(report);
    await kubernetes?.patch(`${jobs}/${JOB_NAME}`, { metadata: { annotations: { [REPORT_ANNOTATION!]: report } } });
  };
  run().then(
    () => process.exit(0),
    (error: Error) => {
      const reason = `${what}: ${reasonOf(error)}`;
      console.error(reason);
      if (TERMINATION_LOG) fs.writeFileSync(TERMINATION_LOG, reason);
      process.exit(1);
    },
  );
}

/** A Job, as far as it is read here: the program that it runs, and whether it has ended. */
export interface Job {
  metadata: { name: string; creationTimestamp: string; labels?: Record<string, string> };
  status: { conditions?: { type: string; status: string }[] };
}

const DEADLINE_SECONDS = 180;

/** Removes Jobs that an interrupted `pulumi up` has left running: two at a time could undo each other's work. */
async function removeOtherRuns(
  kubernetes: PodApiClient,
  path: string,
  own: string,
  otherJobs: OtherJobs,
): Promise<void> {
  await new Deadline(DEADLINE_SECONDS).waitUntil("the end of other runs", async () => {
    const others = leftBehind(await allRuns(kubernetes, path), own, otherJobs);
    for (const name of others) await kubernetes.remove(`${path}/${name}`);
    return others.map((name) => `${name} is being stopped`);
  });
}

function allRuns(kubernetes: PodApiClient, path: string): Promise<Job[]> {
  return kubernetes.list<Job>(`${path}?labelSelector=${PROGRAM_LABEL}`);
}

/**
 * Names of the Jobs to remove: earlier runs of this program, and others that still run but may not run at the same
 * time, unless these are left.
 */
export function leftBehind(jobs: readonly Job[], own: string, otherJobs: OtherJobs = "removed"): string[] {
  const mine = jobs.find(({ metadata }) => metadata.name === own);
  return jobs
    .filter((job) => job !== mine)
    .filter(
      (job) =>
        (mine && isSame(PROGRAM_LABEL, job, mine)) || !(otherJobs === "left" || hasEnded(job) || areBeside(job, mine)),
    )
    .map(({ metadata }) => metadata.name);
}

/** Names of the Jobs that were created before this one and still run. */
export function madeBefore(jobs: readonly Job[], own: string): string[] {
  const mine = jobs.find(({ metadata }) => metadata.name === own);
  const age = ({ metadata }: Job): string => `${metadata.creationTimestamp} ${metadata.name}`;
  return jobs
    .filter((job) => job !== mine && !hasEnded(job) && (!mine || age(job) < age(mine)))
    .map(({ metadata }) => metadata.name);
}

function hasEnded({ status }: Job): boolean {
  return (status.conditions ?? []).some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === "True");
}

function areBeside(job: Job, other: Job | undefined): boolean {
  return job.metadata.labels?.[BESIDE_LABEL] !== undefined && other !== undefined && isSame(BESIDE_LABEL, job, other);
}

function isSame(label: string, job: Job, other: Job): boolean {
  return job.metadata.labels?.[label] === other.metadata.labels?.[label];
}
