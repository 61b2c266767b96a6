import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { LEAVING_ANNOTATION } from "../plan/annotations";
import { LEAVING_LABEL } from "../plan/labels";
import type { ChangeTask } from "./task";
import type { Pod } from "./workloads";

/** Whether a pod may be stopped with its host at any time. */
export function isLeaving({ metadata }: Pod): boolean {
  return metadata.labels?.[LEAVING_LABEL] !== undefined;
}

/**
 * Lets evictions take these pods together. The disruption budget doesn't count them any more, and permits no other
 * eviction until they are all back. The label ends with its pod.
 *
 * @see podDisruptionBudget in declared/podDisruptionBudget.ts
 */
export async function markLeaving(
  kubernetes: PodApiClient,
  { namespace, pools }: Pick<ChangeTask, "namespace" | "pools">,
  pods: readonly Pod[],
  node: string,
): Promise<void> {
  await label(kubernetes, namespace, pods, "true");
  // Kubernetes counts anew when the budget changes, not when it no longer selects a pod.
  const annotations = { [LEAVING_ANNOTATION]: `${node} at ${new Date().toISOString()}` };
  for (const { name } of pools.filter(({ name }) => pods.some(({ metadata }) => isPodOf(name, metadata)))) {
    const budget = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/${name}`;
    await kubernetes.patch(budget, { metadata: { annotations } });
  }
}

/** Takes the mark from pods that were not stopped after all. */
export async function unmarkLeaving(
  kubernetes: PodApiClient,
  { namespace }: Pick<ChangeTask, "namespace">,
  pods: readonly Pod[],
): Promise<void> {
  await label(kubernetes, namespace, pods.filter(isLeaving), null);
}

async function label(
  kubernetes: PodApiClient,
  namespace: string,
  pods: readonly Pod[],
  value: "true" | null,
): Promise<void> {
  for (const { metadata } of pods) {
    const labels = { [LEAVING_LABEL]: value };
    await kubernetes.patch(`/api/v1/namespaces/${namespace}/pods/${metadata.name}`, { metadata: { labels } });
  }
}

function isPodOf(pool: string, { ownerReferences = [] }: Pod["metadata"]): boolean {
  return ownerReferences.some(({ name }) => name === pool);
}
