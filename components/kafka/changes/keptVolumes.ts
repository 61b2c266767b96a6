import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { Fatal } from "../../failures";
import type { ChangeTask } from "./task";

/** A PersistentVolumeClaim, as far as it is read here. */
export interface BoundClaim {
  metadata: { name: string; deletionTimestamp?: string };
  spec: { volumeName?: string };
}

/** A PersistentVolume, as far as it is read here. */
export interface ClaimedVolume {
  metadata: { name: string; creationTimestamp?: string };
  spec: { claimRef?: { namespace?: string; name?: string }; persistentVolumeReclaimPolicy?: string };
  status?: { phase?: string };
}

type Planned = Pick<ChangeTask, "namespace" | "pools">;

export const VOLUMES = "/api/v1/persistentvolumes";
export const claimsPath = ({ namespace }: Planned): string => `/api/v1/namespaces/${namespace}/persistentvolumeclaims`;

/**
 * What becomes of a volume when its claim is deleted. If the node is planned, the volume stays: a deletion of the namespace
 * deletes all claims at once, and no replica would be left. If the claim itself is being deleted, or its node is no longer
 * planned, nobody needs the volume, and it goes with the claim.
 *
 * @returns the volumes whose policy has to change
 * @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming
 */
export function policiesToChange(
  planned: Planned,
  claims: readonly BoundClaim[],
  volumes: readonly ClaimedVolume[],
): { readonly volume: string; readonly policy: "Retain" | "Delete" }[] {
  const now = new Map(volumes.map(({ metadata, spec }) => [metadata.name, spec.persistentVolumeReclaimPolicy]));
  return claims.flatMap(({ metadata, spec }) => {
    const ordinal = ordinalOf(planned, metadata.name);
    const { volumeName: volume } = spec;
    if (ordinal === undefined || volume === undefined || !now.has(volume)) return [];
    const policy = ordinal.isPlanned && metadata.deletionTimestamp === undefined ? "Retain" : "Delete";
    return now.get(volume) === policy ? [] : [{ volume, policy } as const];
  });
}

/** Sets what becomes of the volumes of Kafka's nodes when their claims are deleted. */
export async function setPolicies(kubernetes: PodApiClient, planned: Planned): Promise<void> {
  const claims = await kubernetes.list<BoundClaim>(claimsPath(planned));
  const changes = policiesToChange(planned, claims, await kubernetes.list<ClaimedVolume>(VOLUMES));
  for (const { volume, policy } of changes) await setPolicy(kubernetes, volume, policy);
}

/** Lets the volumes of these claims go with the claims. */
export async function giveUp(kubernetes: PodApiClient, claims: readonly BoundClaim[]): Promise<void> {
  for (const { spec } of claims)
    if (spec.volumeName !== undefined) await setPolicy(kubernetes, spec.volumeName, "Delete");
}

async function setPolicy(kubernetes: PodApiClient, volume: string, policy: "Retain" | "Delete"): Promise<void> {
  await kubernetes.patch(`${VOLUMES}/${volume}`, { spec: { persistentVolumeReclaimPolicy: policy } });
}

/**
 * Volumes of planned nodes whose claims were deleted with their namespace, by the claims' names: the newest of each.
 *
 * @param claims the claims that exist
 * @param phase `Available` for those that `adoptVolumes` has given to claims that don't exist yet
 */
export function volumesLeft(
  planned: Planned,
  claims: readonly BoundClaim[],
  volumes: readonly ClaimedVolume[],
  phase: "Released" | "Available" = "Released",
): Map<string, string> {
  const left = volumes
    .filter(({ spec, status }) => spec.claimRef?.namespace === planned.namespace && status?.phase === phase)
    .filter(({ spec }) => ordinalOf(planned, spec.claimRef?.name ?? "")?.isPlanned)
    .filter(({ spec }) => !claims.some(({ metadata }) => metadata.name === spec.claimRef!.name))
    .sort((one, other) => (one.metadata.creationTimestamp ?? "").localeCompare(other.metadata.creationTimestamp ?? ""));
  return new Map(left.map(({ metadata, spec }) => [spec.claimRef!.name!, metadata.name]));
}

/**
 * Gives the volumes that a deleted namespace has left to the claims that the StatefulSets will make. A volume is bound to a claim
 * by its uid; without the uid, the next claim of that name gets it.
 *
 * @returns names of the claims that get their volumes back
 * @throws Fatal where the first voter's volume isn't among them: it would start another quorum beside theirs
 */
export async function adoptVolumes(kubernetes: PodApiClient, task: ChangeTask): Promise<string[]> {
  const claims = await kubernetes.list<BoundClaim>(claimsPath(task));
  const volumes = await kubernetes.list<ClaimedVolume>(VOLUMES);
  const left = volumesLeft(task, claims, volumes);
  if (left.size === 0) return [];
  const givenBefore = volumesLeft(task, claims, volumes, "Available"); // by a run that was interrupted
  await refuseAnotherQuorum(kubernetes, task, left, givenBefore);
  for (const volume of left.values()) {
    await kubernetes.patch(`${VOLUMES}/${volume}`, { spec: { claimRef: { uid: null, resourceVersion: null } } });
  }
  return [...left.keys()];
}

async function refuseAnotherQuorum(
  kubernetes: PodApiClient,
  { namespace, formedMarker, pools, voters }: ChangeTask,
  left: ReadonlyMap<string, string>,
  givenBefore: ReadonlyMap<string, string>,
): Promise<void> {
  const first = Math.min(...voters.map(({ id }) => id));
  const pool = pools.find(({ firstId, count }) => first >= firstId && first < firstId + count)!;
  const claim = `data-${pool.name}-${first - pool.firstId}`;
  if (left.has(claim) || givenBefore.has(claim)) return;
  if (await kubernetes.find(`/api/v1/namespaces/${namespace}/configmaps/${formedMarker}`)) return;
  throw new Fatal(
    `the namespace ${namespace} was deleted, and the volumes of ${[...left.keys()].join(", ")} are left, but not that of ${claim}. ` +
      `With an empty volume, its node would start another cluster in place of theirs. If the other voters are enough, let it join them: ` +
      `kubectl create configmap ${formedMarker} --namespace ${namespace} --from-literal=formed=yes; then run up again. ` +
      `Nothing was changed. [KK960]`,
  );
}

/** The place of a claim among the nodes, by its name; undefined if it is of no node. @example "data-1-kafka-2" */
function ordinalOf({ pools }: Planned, claim: string): { readonly isPlanned: boolean } | undefined {
  for (const { name, count } of pools) {
    const ordinal = new RegExp(`^data(?:-\\d+)?-${name}-(\\d+)$`).exec(claim)?.[1];
    if (ordinal !== undefined) return { isPlanned: Number(ordinal) < count };
  }
  return undefined;
}
