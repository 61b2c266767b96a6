import { Fatal } from "../../failures";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { isClaimOfNode } from "../plan/claims";
import type { Connection } from "../protocol/connection";
import { type Layout, layoutOf, namesOf } from "../protocol/partitions";
import { type Quorum, quorumOf } from "../protocol/quorum";
import { type BoundClaim, giveUp } from "./keptVolumes";
import type { Pod } from "./workloads";
import type { ChangeTask } from "./task";
import { votersBehind } from "./voters";

/** Error code in launch.sh's message about a volume that is gone. */
const GONE = "[KK842]";

/** The pods of this Kafka's StatefulSets. Other pods in the namespace, and their volumes, are never touched. */
export function podsOf({ pools }: Pick<ChangeTask, "pools">, pods: readonly Pod[]): Pod[] {
  return pods.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some(({ kind, name }) => kind === "StatefulSet" && pools.some((pool) => pool.name === name)),
  );
}

/**
 * Whether the pod doesn't start because its volume is gone with its machine. A pod that is being deleted doesn't count.
 * A ready pod doesn't count either: Kubernetes keeps the last container's message even after the volume was brought
 * back.
 */
export function hasLostItsVolume({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    (status.containerStatuses ?? []).some(
      ({ ready, state, lastState }) =>
        !ready && [state?.terminated, lastState?.terminated].some((ended) => ended?.message?.includes(GONE)),
    )
  );
}

/**
 * Why a node can't get an empty volume in place of the lost one yet; empty if the other nodes have all its records.
 *
 * @param lost ids of all nodes whose volumes are gone
 * @throws Fatal if only these nodes had all records of a partition
 */
export function reasonsAgainstNewVolume({ brokers, partitions }: Layout, lost: readonly number[]): string[] {
  const serving = lost.filter((id) => brokers.some((each) => each.id === id));
  if (serving.length > 0) return [`Kafka has not noticed yet that it lost the brokers ${serving.join(", ")}`];
  const last = partitions
    .filter(({ replicas }) => replicas.some((id) => lost.includes(id)))
    .filter(({ inSync }) => inSync.every((id) => lost.includes(id)));
  if (last.length === 0) return [];
  throw new Fatal(
    `the volumes of nodes ${lost.join(", ")} are gone, and no other node has all records of ${last.length} partitions, such as ` +
      `${namesOf(last)}. Bring the machines back that had them; or, to go on without these records, give the volumes up: ` +
      "`kubectl delete pvc` and then `kubectl delete pod`, of each. Nothing was removed. [KK843]",
  );
}

/**
 * Nodes that Kafka misses, even if Kubernetes calls their pods ready: on a machine that was just replaced, pods count
 * as ready until its kubelet has checked them. A node with a new volume isn't missing once it follows as an observer.
 */
export function missingNodes(
  { brokers, voters }: { readonly brokers: readonly number[]; readonly voters: readonly { readonly id: number }[] },
  layout: Layout,
  quorum: Quorum,
): string[] {
  const absent = brokers.filter((id) => !layout.brokers.some((each) => each.id === id));
  const follows = (id: number, after: number): boolean =>
    quorum.observers.some((each) => each.id === id && each.lastCaughtUp > after);
  const silent = votersBehind(quorum)
    .filter(({ id, lastCaughtUp }) => voters.some((each) => each.id === id) && !follows(id, lastCaughtUp))
    .map(({ id }) => id);
  return [
    ...(absent.length > 0 ? [`brokers that don't serve: ${absent.join(", ")}`] : []),
    ...(silent.length > 0 ? [`voters that don't follow: ${silent.join(", ")}`] : []),
  ];
}

/**
 * Gives a pod a new volume in place of the lost one: deletes its claims and the pod, which comes back with new claims.
 *
 * @param pods all pods of this Kafka
 * @returns what it has to wait for; empty if it was done
 * @throws Fatal if records would be lost
 */
export async function replaceVolume(
  kafka: Connection,
  kubernetes: PodApiClient,
  task: ChangeTask,
  pods: readonly Pod[],
  pod: Pod,
): Promise<string[]> {
  // A running container will either end again at once, or the volume is back and Kafka recovers its logs.
  if (pod.status.containerStatuses?.some(({ state }) => state?.running)) {
    return [`${pod.metadata.name} is being started again`];
  }
  await quorumOf(kafka); // fails without a majority of voters: then the layout may be outdated
  const reasons = reasonsAgainstNewVolume(
    await layoutOf(kafka),
    pods.filter(hasLostItsVolume).map(({ metadata }) => nodeOf(task, metadata.name)),
  );
  if (reasons.length > 0) return reasons;
  const inNamespace = `/api/v1/namespaces/${task.namespace}`;
  const all = await kubernetes.list<BoundClaim>(`${inNamespace}/persistentvolumeclaims`);
  const claims = all.filter(({ metadata }) => isClaimOf(pod, metadata.name));
  await giveUp(kubernetes, claims);
  for (const { metadata } of claims) {
    await kubernetes.remove(`${inNamespace}/persistentvolumeclaims/${metadata.name}`);
  }
  await kubernetes.remove(`${inNamespace}/pods/${pod.metadata.name}`);
  return [];
}

/** A PersistentVolumeClaim. */
export interface Claim {
  metadata: { name: string; annotations?: Record<string, string>; deletionTimestamp?: string };
}

/**
 * Pods on volumes that somebody has given up by deleting the claim. Kubernetes deletes such a claim once its pod is
 * gone. A pod that isn't scheduled is left out: it already waits for its new claim.
 *
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#storage-object-in-use-protection
 */
export function podsToMove(pods: readonly Pod[], claims: readonly Claim[]): Pod[] {
  const givenUp = claims.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const isPlaced = ({ status }: Pod): boolean =>
    status.conditions?.some(({ type, status }) => type === "PodScheduled" && status === "True") ?? false;
  return pods.filter((pod) => isPlaced(pod) && givenUp.some(({ metadata }) => isClaimOf(pod, metadata.name)));
}

/**
 * @param node id of the node whose volume was given up and would be deleted with the pod
 * @throws Fatal if no other node has all records of a partition
 */
export function refuseToLoseRecords(node: number, pod: string, { partitions }: Layout): void {
  const only = partitions.filter(
    ({ replicas, inSync, offline = [] }) =>
      replicas.includes(node) && inSync.every((id) => id === node || offline.includes(id)),
  );
  if (only.length === 0) return;
  throw new Fatal(
    `the volume of ${pod} was given up, and no other node has all records of ${only.length} partitions, such as ${namesOf(only)}. ` +
      `${pod} goes on with it. Give these topics more replicas (kafka-reassign-partitions.sh) and run up again; or, to go on without ` +
      `these records, delete the pod: \`kubectl delete pod ${pod}\`. [KK858]`,
  );
}

/** Whether a volume claim, by its name, belongs to a pod. */
export function isClaimOf({ metadata }: Pod, claim: string): boolean {
  return isClaimOfNode(claim, metadata.name);
}

/** Id of the node that runs in a pod. */
export function nodeOf({ pools }: Pick<ChangeTask, "pools">, pod: string): number {
  const at = pod.lastIndexOf("-");
  return pools.find(({ name }) => name === pod.slice(0, at))!.firstId + Number(pod.slice(at + 1));
}
