import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { PROGRAM_LABEL } from "../jobMarks";
import { type ClusterEvent, isAnyWaiting, JOB_LABEL, type StartingJob, type StartingPod, Starts } from "./startPlan";

const BETWEEN_LOOKS_MS = 10_000;

/** Jobs to watch. */
export interface WatchedJobs {
  readonly namespace: string;
  readonly kubeconfig: pulumi.Output<string>;
  /** Known once all Jobs have ended. */
  readonly until: pulumi.Output<unknown>;
}

/**
 * Ends, during an `up`, Jobs of programs whose pods can't start, with the scheduler's or the kubelet's reason as an error.
 * Pulumi's provider would wait for as long as the program may run, and says nothing of a pod that no node takes. A deadline of
 * the Job couldn't tell that from an image that comes slowly, nor from topics' Jobs that wait until there is room.
 */
export function endBlockedJobs({ namespace, kubeconfig, until }: WatchedJobs): void {
  if (pulumi.runtime.isDryRun()) return;
  let isOver = false;
  until.apply(() => (isOver = true));
  pulumi.unsecret(kubeconfig).apply((text) => {
    void watchJobs(new AdminApiClient(text), namespace, () => isOver);
  });
}

/** Looks at the namespace's Jobs again and again, and keeps the process from ending for no longer than one look. */
export async function watchJobs(
  apiServer: Pick<AdminApiClient, "list" | "patch">,
  namespace: string,
  isOver: () => boolean,
): Promise<void> {
  let starts = new Starts();
  const reported = new Set<string>();
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS).unref());
    if (isOver()) return;
    try {
      await endBlocked(apiServer, namespace, starts, reported);
    } catch (error) {
      if (isMistake(error)) throw error;
      // Nobody knows what happened meanwhile: the API server may be away because its host boots.
      starts = new Starts();
    }
  }
}

async function endBlocked(
  apiServer: Pick<AdminApiClient, "list" | "patch">,
  namespace: string,
  starts: Starts,
  reported: Set<string>,
): Promise<void> {
  const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const [jobs, pods] = await Promise.all([
    apiServer.list<StartingJob>(`${jobsPath}?labelSelector=${PROGRAM_LABEL}`),
    apiServer.list<StartingPod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=${JOB_LABEL}`),
  ]);
  const events = isAnyWaiting({ jobs, pods })
    ? await apiServer.list<ClusterEvent>(`/api/v1/namespaces/${namespace}/events`)
    : [];
  for (const { name, message, isHopeless } of starts.judge({ jobs, pods, events }, performance.now())) {
    if (!reported.has(name)) {
      if (isHopeless) void pulumi.log.error(message);
      else void pulumi.log.warn(message);
    }
    reported.add(name);
    // Kubernetes fails a Job that is older than this, and then Pulumi stops waiting.
    if (isHopeless) await apiServer.patch(`${jobsPath}/${name}`, { spec: { activeDeadlineSeconds: 1 } });
  }
}
