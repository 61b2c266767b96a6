import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { NONE_HAS_RUN, RAN_ANNOTATION, VERSION_ANNOTATION } from "../plan/annotations";
import { statefulSetPath } from "./kubernetesObjects";
import { isReady, type Pod, type StatefulSet } from "./workloads";
import type { ChangeTask } from "./task";

/**
 * Records on each StatefulSet the version that its pods have run, so that the guard can refuse older ones. A version
 * whose pods never became ready, for instance because it has no image, isn't recorded and can be taken back.
 */
export async function noteVersions(
  kubernetes: PodApiClient,
  task: ChangeTask,
  sets: readonly StatefulSet[],
  pods: readonly Pod[],
): Promise<void> {
  for (const set of sets) {
    const noted = set.metadata.annotations?.[RAN_ANNOTATION];
    const version = versionThatRuns(set, pods) ?? noted ?? (await versionBefore(kubernetes, task));
    if (version === undefined || version === noted) continue;
    const annotations = { [RAN_ANNOTATION]: version };
    await kubernetes.patch(statefulSetPath(task, set.metadata.name), { metadata: { annotations } });
  }
}

/** The wanted version, once a pod of it is ready; undefined before. */
function versionThatRuns({ metadata, status }: StatefulSet, pods: readonly Pod[]): string | undefined {
  if (status.observedGeneration !== metadata.generation) return undefined;
  const runs = pods.some(
    (pod) =>
      pod.metadata.ownerReferences?.some(({ name }) => name === metadata.name) &&
      pod.metadata.labels?.["controller-revision-hash"] === status.updateRevision &&
      isReady(pod),
  );
  return runs ? metadata.annotations?.[VERSION_ANNOTATION] : undefined;
}

/**
 * The version if none is recorded: `NONE_HAS_RUN` before the cluster's first start, else undefined, since it is
 * unknown.
 */
async function versionBefore(kubernetes: PodApiClient, task: ChangeTask): Promise<string | undefined> {
  const formed = await kubernetes.find(`/api/v1/namespaces/${task.namespace}/configmaps/${task.formedMarker}`);
  return formed ? undefined : NONE_HAS_RUN;
}
