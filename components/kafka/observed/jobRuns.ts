import type { AdminApiClient } from "../../cluster/adminApiClient";
import { BESIDE_LABEL, DRIFT_ANNOTATION, PROGRAM_LABEL } from "../../programs/jobMarks";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { TOPICS_BESIDE } from "../plan/topicNames";

/** A run of a topic's or a user's Job. */
export interface JobRun {
  /** Name of the Job's object. */
  readonly name: string;
  /** Value of `PROGRAM_LABEL`, which is the same for each run. */
  readonly program: string;
  /** Its task, as JSON. */
  readonly task: string;
  readonly succeeded: boolean;
  /** Drift that made it run; empty if a changed config did. */
  readonly drift: string;
}

/** A Job, as far as it is read here: its task and how it ended. */
interface Job {
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    template: {
      metadata: { annotations?: Record<string, string> };
      spec: { containers: [{ env: { name: string; value?: string }[] }] };
    };
  };
  status: { succeeded?: number };
}

/** Runs of all topics' and users' Jobs. */
export async function runsBeside(apiServer: AdminApiClient, { namespace }: KafkaPlan): Promise<JobRun[]> {
  const jobs = await apiServer.list<Job>(
    `/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${BESIDE_LABEL}=${TOPICS_BESIDE}`,
  );
  return jobs.map(({ metadata, spec: { template }, status }) => ({
    name: metadata.name,
    program: metadata.labels[PROGRAM_LABEL]!,
    task: template.spec.containers[0].env.find(({ name }) => name === "TASK")?.value ?? "",
    succeeded: status.succeeded === 1,
    drift: template.metadata.annotations?.[DRIFT_ANNOTATION] ?? "",
  }));
}
