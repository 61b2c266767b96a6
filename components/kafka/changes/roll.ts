import type { Connection } from "../protocol/connection";
import { Fatal } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import { Unreachable } from "../../cluster/unreachable";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { CatchingUp, offlineDirectories } from "./catchingUp";
import { votersOf } from "./drain";
import { preferLeaders } from "./leaders";
import { unmarkLeaving } from "./leaving";
import {
  type Claim,
  hasLostItsVolume,
  missingNodes,
  nodeOf,
  podsOf,
  podsToMove,
  refuseToLoseRecords,
  replaceVolume,
} from "./lostVolumes";
import { setPolicies } from "./keptVolumes";
import { statefulSetPath } from "./kubernetesObjects";
import { completeStep, whyStepIsNotComplete } from "./encryptionStep";
import { brokersToMend } from "./offlineReplicas";
import { nextRollStep, restartsOf, type Roles } from "./rollPlan";
import { laggingPartitions, type Snapshot, snapshotOf, whyNotToStop } from "./stopping";
import { type Pod, somebodyDeleted, type StatefulSet } from "./workloads";
import type { ChangeTask, Pool } from "./task";
import { noteVersions } from "./versions";
import { changeVoters, lostVotes } from "./voters";

/**
 * A broker's log recovery may take this long without visible progress. A pod that can't start ends the roll much
 * earlier.
 */
const STANDSTILL_SECONDS = 1800;
const VOTES_SECONDS = 180;
/** HTTP status of an eviction that a disruption budget refuses, for instance while a node is being drained. */
const TOO_MANY_REQUESTS = 429;

/**
 * Replaces outdated pods one at a time, and only while every partition has all its replicas in sync and every voter is
 * up to date. A pod that can't start ends the roll, and the pods after it are left alone.
 *
 * The roll also replaces up-to-date pods in two cases: if the pod's volume claim was deleted, the pod comes back with a
 * new volume; if a broker's log directory is offline, the restart uses it again once the disk works. A pod whose volume
 * is gone with its machine gets a new volume, if no records are lost by that.
 *
 * @returns names of the pods that were replaced
 * @throws Fatal with the reason of a pod that can't start, or of records that would be lost
 * @see docs/decisions/kafka.md
 */
export async function roll(
  kafka: Connection,
  kubernetes: PodApiClient,
  task: ChangeTask,
  log: (line: string) => void,
): Promise<string[]> {
  const replaced: string[] = [];
  const since = Date.now();
  const namespace = `/api/v1/namespaces/${task.namespace}`;
  const catchingUp = new CatchingUp(kafka);
  let restartsBefore: ReadonlyMap<string, number> | undefined;
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("a complete roll of Kafka's pods", async () => {
    const sets = await Promise.all(task.pools.map((pool) => existingSet(kubernetes, task, pool)));
    const pods = podsOf(task, await kubernetes.list<Pod>(`${namespace}/pods`));
    // A gate may have marked pods whose host then was not taken out. The budget would permit no eviction.
    if (!restartsBefore) await unmarkLeaving(kubernetes, task, pods);
    restartsBefore ??= restartsOf(pods);
    await noteVersions(kubernetes, task, sets, pods);
    const lost = pods.find(hasLostItsVolume);
    if (lost) {
      const unsafe = await replaceVolume(kafka, kubernetes, task, pods, lost);
      if (unsafe.length > 0) return unsafe;
      log(`giving ${lost.metadata.name} another volume`);
      replaced.push(lost.metadata.name);
      return [`${lost.metadata.name} gets another volume`];
    }
    const claims = await kubernetes.list<Claim>(`${namespace}/persistentvolumeclaims`);
    const toMove = podsToMove(pods, claims).map(({ metadata }) => metadata.name);
    const snapshot = await snapshotOf(kafka);
    const roles = rolesOf(task, snapshot, toMove, replaced);
    const step = nextRollStep(sets, pods, roles, { now: Date.now(), since, restartsBefore });
    if (!step) {
      await refuseToWaitForDisks(kafka, task, snapshot, replaced);
      const open = whyNotDone(task, replaced.length > 0, snapshot);
      if (open.length > 0) return catchingUp.withLag(open, snapshot);
      const incomplete = await whyStepIsNotComplete(kafka, task, sets);
      if (incomplete.length === 0) await completeStep(kafka, kubernetes, task, sets);
      return incomplete;
    }
    if ("wait" in step) return [step.wait];
    const unsafe = whyNotNow(task, step, snapshot, toMove.includes(step.replace));
    if (unsafe.length > 0) {
      const gaveBack = await giveBackVotes(kafka, task, snapshot, log);
      return gaveBack ? ["votes were given back"] : catchingUp.withLag(unsafe, snapshot);
    }
    log(`replacing ${step.replace}`);
    if (toMove.includes(step.replace)) await setPolicies(kubernetes, task);
    await evict(kubernetes, namespace, step.replace);
    replaced.push(step.replace);
    return [`${step.replace} is being replaced`];
  });
  await setPolicies(kubernetes, task);
  if (replaced.length > 0) await preferLeaders(kafka);
  return replaced;
}

/** @throws Fatal if somebody has deleted it: only Pulumi makes another one */
async function existingSet(kubernetes: PodApiClient, task: ChangeTask, { name }: Pool): Promise<StatefulSet> {
  const found = await kubernetes.find<StatefulSet>(statefulSetPath(task, name));
  if (found) return found;
  throw new Fatal(somebodyDeleted([name]));
}

/** Name of the pod that a node runs in. */
function podOf({ pools }: ChangeTask, id: number): string | undefined {
  const pool = pools.find(({ firstId, count }) => id >= firstId && id < firstId + count);
  return pool && `${pool.name}-${id - pool.firstId}`;
}

/**
 * @param toMove names of the pods whose volume claims were deleted
 * @param replaced names of the pods that this roll has replaced; a second restart wouldn't repair a disk that is still
 *   broken
 */
function rolesOf(task: ChangeTask, snapshot: Snapshot, toMove: readonly string[], replaced: readonly string[]): Roles {
  if (snapshot.failure !== undefined) return { toMend: toMove };
  const offline = brokersToMend(snapshot.layout).flatMap((id) => podOf(task, id) ?? []);
  return {
    activeController: podOf(task, snapshot.quorum.leader),
    toMend: [...offline.filter((name) => !replaced.includes(name)), ...toMove],
  };
}

/** Why a pod may not be replaced yet; empty if it may. @throws Fatal if records would be lost */
function whyNotNow(
  task: ChangeTask,
  { replace, serves }: { readonly replace: string; readonly serves: boolean },
  snapshot: Snapshot,
  losesItsVolume: boolean,
): string[] {
  const node = nodeOf(task, replace);
  if (snapshot.failure !== undefined && losesItsVolume) return [snapshot.failure];
  const reasons = whyNotToStop([node], serves, snapshot);
  if (losesItsVolume && reasons.length === 0 && snapshot.failure === undefined) {
    refuseToLoseRecords(node, replace, snapshot.layout);
  }
  return reasons;
}

/** @throws Fatal if a broker was restarted and still has an offline log directory */
async function refuseToWaitForDisks(
  kafka: Connection,
  task: ChangeTask,
  snapshot: Snapshot,
  replaced: readonly string[],
): Promise<void> {
  if (snapshot.failure !== undefined) return;
  for (const id of brokersToMend(snapshot.layout)) {
    const pod = podOf(task, id);
    const offline = pod !== undefined && replaced.includes(pod) ? await offlineDirectories(kafka, id) : [];
    if (offline.length > 0) {
      throw new Fatal(`${offline.join(", ")}, though ${pod} was restarted: repair its disk, and run up again [KK819]`);
    }
  }
}

/**
 * Gives votes back to nodes that lost them with their volume: the quorum can't spare another voter before.
 *
 * @returns whether a vote was given back
 */
async function giveBackVotes(
  kafka: Connection,
  task: ChangeTask,
  snapshot: Snapshot,
  log: (line: string) => void,
): Promise<boolean> {
  if (snapshot.failure !== undefined) return false;
  const { quorum } = snapshot;
  const planned = votersOf(task);
  const lost = lostVotes(quorum);
  if (lost.length === 0 || !quorum.voters.every(({ id }) => planned.has(id))) return false;
  log(`giving back the votes of ${lost.map(({ id }) => id).join(", ")}`);
  const now = new Map([...planned].filter(([id]) => quorum.voters.some((each) => each.id === id)));
  await changeVoters(kafka, now, new Deadline(VOTES_SECONDS));
  return true;
}

/**
 * Why the roll isn't done. The last replaced pod, too, has to catch up: only then can it be the preferred leader again.
 */
function whyNotDone(task: ChangeTask, hasReplaced: boolean, snapshot: Snapshot): string[] {
  if (snapshot.failure !== undefined) return [snapshot.failure];
  const { layout, quorum } = snapshot;
  return [...missingNodes(task, layout, quorum), ...(hasReplaced ? laggingPartitions(layout.partitions) : [])];
}

/**
 * Evicts a pod within the disruption budget, as `kubectl drain` does. The broker has time to hand over its leaders.
 *
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/api-eviction/
 */
async function evict(kubernetes: PodApiClient, namespace: string, name: string): Promise<void> {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  await kubernetes.create(`${namespace}/pods/${name}/eviction`, eviction).catch((error: Error) => {
    if (error instanceof Unreachable && error.status === TOO_MANY_REQUESTS) {
      throw new Error(`${name} may not be replaced now: another pod of Kafka is not ready`, { cause: error });
    }
    throw error;
  });
}
