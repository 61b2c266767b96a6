import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { ENCRYPTION_RAN_ANNOTATION } from "../plan/annotations";
import { usesTls } from "../plan/encryption";
import type { Connection } from "../protocol/connection";
import { listenersOfVoters } from "../protocol/quorum";
import { grantRights } from "./jobRights";
import { statefulSetPath } from "./kubernetesObjects";
import type { ChangeTask } from "./task";
import type { StatefulSet } from "./workloads";

/** The listeners of controllers in a stack without TLS. */
const OPEN = ["CONTROLLER"];

/**
 * Why the step of encryption, to which all pods were rolled, isn't complete: nodes of the next one find a voter only at a listener
 * that the quorum knows. A voter tells it after its start. Empty if the step was complete before.
 *
 * @see KIP-853 (UpdateRaftVoter)
 */
export async function whyStepIsNotComplete(
  kafka: Connection,
  task: ChangeTask,
  sets: readonly StatefulSet[],
): Promise<string[]> {
  if (isComplete(task, sets)) return [];
  const known = await listenersOfVoters(kafka);
  return task.voters.flatMap(({ id, listeners }) => {
    const planned = (listeners?.map(({ name }) => name) ?? OPEN).toSorted().join(" and ");
    const has = known.get(id)?.toSorted().join(" and ");
    return has === undefined || has === planned
      ? []
      : [`the quorum knows node ${id} at ${has}, and not yet at ${planned}`];
  });
}

/** Gives Jobs their rights if there is an authorizer, and notes on each StatefulSet that all of its pods have the step. */
export async function completeStep(
  kafka: Connection,
  kubernetes: PodApiClient,
  task: ChangeTask,
  sets: readonly StatefulSet[],
): Promise<void> {
  if (task.encryption !== undefined && usesTls(task.encryption)) await grantRights(kafka, task.cluster!);
  if (isComplete(task, sets)) return;
  for (const { metadata } of sets) {
    const annotations = { [ENCRYPTION_RAN_ANNOTATION]: task.encryption ?? null };
    await kubernetes.patch(statefulSetPath(task, metadata.name), { metadata: { annotations } });
  }
}

function isComplete({ encryption }: ChangeTask, sets: readonly StatefulSet[]): boolean {
  return sets.every(({ metadata }) => metadata.annotations?.[ENCRYPTION_RAN_ANNOTATION] === encryption);
}
