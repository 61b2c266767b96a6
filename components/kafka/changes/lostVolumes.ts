import { Fatal } from "../../programs/inPod/waiting";
import type { Kubernetes } from "../../programs/inPod/kubernetes";
import type { Connection } from "../protocol/connection";
import { type Layout, layoutOf, namesOf } from "../protocol/partitions";
import { type Quorum, quorumOf } from "../protocol/quorum";
import type { Pod } from "./workloads";
import type { ChangeTask } from "./task";
import { votersBehind } from "./voters";

/** How launch.sh ends what it says of a volume that is gone. */
const GONE = "[KK842]";

/**
 * The pods of this Kafka's StatefulSets. Others in its namespace, such as another Kafka's, are somebody else's, and so are their
 * volumes.
 */
export function podsOf({ pools }: ChangeTask, pods: readonly Pod[]): Pod[] {
  return pods.filter(({ metadata: { ownerReferences = [] } }) =>
    ownerReferences.some(({ kind, name }) => kind === "StatefulSet" && pools.some((pool) => pool.name === name)),
  );
}

/**
 * Whether the pod doesn't start because its volume is gone with a machine. One that already goes is left alone, and so is one
 * that is ready: how its last container ended stays on record after the volume has been brought back.
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
 * Why a node can't be given an empty volume in place of the one that is gone; none where the others have all that it had.
 *
 * @param lost ids of all nodes whose volumes are gone
 * @throws Fatal where they were the only ones with records of a partition
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
 * Nodes that Kafka has lost, whatever Kubernetes says of their pods: those on a machine that was just replaced count as ready until
 * its kubelet has looked at them. A node with another volume follows before it votes again, which is enough.
 */
export function missingNodes({ brokers, voters }: ChangeTask, layout: Layout, quorum: Quorum): string[] {
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
 * Gives a pod whose volume is gone another one: its claims are deleted, and the pod is, so that it comes back with new ones.
 *
 * @param pods all of this Kafka's
 * @returns what it has to wait for; none where it was done
 */
export async function replaceVolume(
  kafka: Connection,
  kubernetes: Kubernetes,
  task: ChangeTask,
  pods: readonly Pod[],
  pod: Pod,
): Promise<string[]> {
  // Either it ends again at once, or the volume is back and its logs are being recovered.
  if (pod.status.containerStatuses?.some(({ state }) => state?.running)) {
    return [`${pod.metadata.name} is being started once more`];
  }
  await quorumOf(kafka); // where no majority of the voters is left, nothing is certain
  const reasons = reasonsAgainstNewVolume(
    await layoutOf(kafka),
    pods.filter(hasLostItsVolume).map(({ metadata }) => nodeOf(task, metadata.name)),
  );
  if (reasons.length > 0) return reasons;
  const inNamespace = `/api/v1/namespaces/${task.namespace}`;
  const claims = await kubernetes.list<Claim>(`${inNamespace}/persistentvolumeclaims`);
  for (const claim of claims.map(({ metadata }) => metadata.name).filter((name) => isClaimOf(pod, name))) {
    await kubernetes.remove(`${inNamespace}/persistentvolumeclaims/${claim}`);
  }
  await kubernetes.remove(`${inNamespace}/pods/${pod.metadata.name}`);
  return [];
}

/** A claim of a volume. */
export interface Claim {
  metadata: { name: string; deletionTimestamp?: string };
}

/**
 * Pods that run on a volume which somebody has given up, by deleting its claim: it goes with the pod. One that waits for a node is
 * past that, and waits for its new claim.
 */
export function podsToMove(pods: readonly Pod[], claims: readonly Claim[]): Pod[] {
  const givenUp = claims.filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  const isPlaced = ({ status }: Pod): boolean =>
    status.conditions?.some(({ type, status }) => type === "PodScheduled" && status === "True") ?? false;
  return pods.filter((pod) => isPlaced(pod) && givenUp.some(({ metadata }) => isClaimOf(pod, metadata.name)));
}

/**
 * @param node whose volume was given up, and would go with the pod
 * @throws Fatal where nobody else has all records of a partition
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

export function isClaimOf({ metadata }: Pod, claim: string): boolean {
  return new RegExp(`^data(-\\d+)?-${metadata.name}$`).test(claim);
}

/** Id of the node that runs in a pod. */
export function nodeOf({ pools }: ChangeTask, pod: string): number {
  const at = pod.lastIndexOf("-");
  return pools.find(({ name }) => name === pod.slice(0, at))!.firstId + Number(pod.slice(at + 1));
}
