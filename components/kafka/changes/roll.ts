import type { Connection } from "../protocol/connection";
import { layoutOf, namesOf, type Layout, type Partition } from "../protocol/partitions";
import { quorumOf, type Quorum } from "../protocol/quorum";
import { Deadline, Fatal, mayHeal } from "../../programs/inPod/waiting";
import { Unreachable } from "../../cluster/unreachable";
import type { Kubernetes } from "../../programs/inPod/kubernetes";
import { CatchingUp, isLagging, offlineDirectories } from "./catchingUp";
import { votersOf } from "./drain";
import { preferLeaders } from "./leaders";
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
import { statefulSetPath } from "./kubernetesObjects";
import { brokersToMend, withoutOffline } from "./offlineReplicas";
import { nextRollStep, type Roles } from "./rollPlan";
import type { Pod, StatefulSet } from "./workloads";
import type { ChangeTask } from "./task";
import { noteVersions } from "./versions";
import { changeVoters, lostVotes, votersBehind } from "./voters";

/** As long as a broker may take to recover its logs; a pod that can't start is noticed much earlier. */
const STANDSTILL_SECONDS = 1800;
const VOTES_SECONDS = 180;
/** An eviction that a disruption budget refuses, for instance because a node is being drained. */
const TOO_MANY_REQUESTS = 429;

/**
 * Replaces the pods that don't run yet what their StatefulSets say: one at a time, only while every partition has all its
 * replicas in sync and every voter is up to date. A pod that can't start ends it; the others go on as they are.
 *
 * Replaced as well, though they run what they have to: pods whose volume was given up, which come back with another one, and
 * brokers with a log directory that is offline, which use it again if its disk is well. A pod whose volume is gone with a machine gets
 * another one, where that loses nothing.
 *
 * @returns names of the pods that were replaced
 */
export async function roll(
  kafka: Connection,
  kubernetes: Kubernetes,
  task: ChangeTask,
  log: (line: string) => void,
): Promise<string[]> {
  const replaced: string[] = [];
  const since = Date.now();
  const namespace = `/api/v1/namespaces/${task.namespace}`;
  const catchingUp = new CatchingUp(kafka);
  const withLag = async (objections: string[], look: Look): Promise<string[]> =>
    objections.length === 0 || look.failure !== undefined
      ? objections
      : [...objections, ...(await catchingUp.words(look.layout))];
  let restartsBefore: ReadonlyMap<string, number> | undefined;
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("a complete roll of Kafka's pods", async () => {
    const sets = await Promise.all(
      task.pools.map(({ name }) => kubernetes.get<StatefulSet>(statefulSetPath(task, name))),
    );
    const pods = podsOf(task, await kubernetes.list<Pod>(`${namespace}/pods`));
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
    const look = await lookAt(kafka);
    const roles = rolesOf(task, look, toMove, replaced);
    const step = nextRollStep(sets, pods, roles, { now: Date.now(), since, restartsBefore });
    if (!step) {
      await refuseToWaitForDisks(kafka, task, look, replaced);
      return withLag(whyNotDone(task, replaced.length > 0, look), look);
    }
    if ("wait" in step) return [step.wait];
    const unsafe = whyNotNow(task, step, look, toMove.includes(step.replace));
    if (unsafe.length > 0) {
      return (await votesReturn(kafka, task, look, log)) ? ["votes were given back"] : withLag(unsafe, look);
    }
    log(`replacing ${step.replace}`);
    await evict(kubernetes, namespace, step.replace);
    replaced.push(step.replace);
    return [`${step.replace} is being replaced`];
  });
  if (replaced.length > 0) await preferLeaders(kafka);
  return replaced;
}

function restartsOf(pods: readonly Pod[]): Map<string, number> {
  return new Map(
    pods.map(({ metadata, status }) => [metadata.uid ?? "", status.containerStatuses?.[0]?.restartCount ?? 0]),
  );
}

/** Name of the pod that a node runs in. */
function podOf({ pools }: ChangeTask, id: number): string | undefined {
  const pool = pools.find(({ firstId, count }) => id >= firstId && id < firstId + count);
  return pool && `${pool.name}-${id - pool.firstId}`;
}

/** Kafka as it is at one moment; where it doesn't answer, why. */
type Look =
  { readonly layout: Layout; readonly quorum: Quorum; readonly failure?: undefined } | { readonly failure: string };

/** One look decides all of a step, so that its parts can't contradict each other. */
function lookAt(kafka: Connection): Promise<Look> {
  return Promise.all([layoutOf(kafka), quorumOf(kafka)]).then(
    ([layout, quorum]) => ({ layout, quorum }),
    (error: Error) => {
      if (!mayHeal(error)) throw error;
      return { failure: error.message };
    },
  );
}

/**
 * @param toMove names of the pods whose volume was given up
 * @param replaced names of the pods that this roll has replaced: a disk that is still broken after that isn't mended by one more start
 */
function rolesOf(task: ChangeTask, look: Look, toMove: readonly string[], replaced: readonly string[]): Roles {
  if (look.failure !== undefined) return { toMend: toMove };
  const offline = brokersToMend(look.layout).flatMap((id) => podOf(task, id) ?? []);
  return {
    activeController: podOf(task, look.quorum.leader),
    toMend: [...offline.filter((name) => !replaced.includes(name)), ...toMove],
  };
}

/** Why a pod may not be replaced yet. @throws Fatal where records would be lost */
function whyNotNow(
  task: ChangeTask,
  { replace, serves }: { readonly replace: string; readonly serves: boolean },
  look: Look,
  losesItsVolume: boolean,
): string[] {
  const node = nodeOf(task, replace);
  if (look.failure !== undefined) return serves || losesItsVolume ? [look.failure] : [];
  // A kubelet that is silent makes a pod unready whose broker serves.
  const reasons =
    serves || countsOn(node, look)
      ? [...laggingPartitions(withoutOffline(node, look.layout)), ...laggingVoters(look.quorum)]
      : [];
  if (losesItsVolume && reasons.length === 0) refuseToLoseRecords(node, replace, look.layout);
  return reasons;
}

/** @throws Fatal where a broker was started anew and has a log directory that is offline all the same */
async function refuseToWaitForDisks(
  kafka: Connection,
  task: ChangeTask,
  look: Look,
  replaced: readonly string[],
): Promise<void> {
  if (look.failure !== undefined) return;
  for (const id of brokersToMend(look.layout)) {
    const pod = podOf(task, id);
    const offline = pod !== undefined && replaced.includes(pod) ? await offlineDirectories(kafka, id) : [];
    if (offline.length > 0) {
      throw new Fatal(
        `${offline.join(", ")}, though ${pod} was started anew: see to its disk, and run up again [KK819]`,
      );
    }
  }
}

/** Whether Kafka has the node among those that serve, or that vote and are up to date. */
function countsOn(node: number, { layout, quorum }: { readonly layout: Layout; readonly quorum: Quorum }): boolean {
  const behind = votersBehind(quorum);
  const votes = quorum.voters.some(({ id }) => id === node) && !behind.some(({ id }) => id === node);
  return votes || layout.brokers.some(({ id }) => id === node);
}

/** Gives nodes that are back with another volume their votes: without these no other node may be stopped. */
async function votesReturn(
  kafka: Connection,
  task: ChangeTask,
  look: Look,
  log: (line: string) => void,
): Promise<boolean> {
  if (look.failure !== undefined) return false;
  const { quorum } = look;
  const planned = votersOf(task);
  const lost = lostVotes(quorum);
  if (lost.length === 0 || !quorum.voters.every(({ id }) => planned.has(id))) return false;
  log(`giving back the votes of ${lost.map(({ id }) => id).join(", ")}`);
  const now = new Map([...planned].filter(([id]) => quorum.voters.some((each) => each.id === id)));
  await changeVoters(kafka, now, new Deadline(VOTES_SECONDS));
  return true;
}

/** The last pod, too, leads again what it prefers to lead only when it has caught up, which takes what it takes. */
function whyNotDone(task: ChangeTask, hasReplaced: boolean, look: Look): string[] {
  if (look.failure !== undefined) return [look.failure];
  const { layout, quorum } = look;
  return [...missingNodes(task, layout, quorum), ...(hasReplaced ? laggingPartitions(layout.partitions) : [])];
}

/** Partitions that the stop of one more broker could take below the replicas that have to be in sync. */
export function laggingPartitions(partitions: readonly Partition[]): string[] {
  const lagging = partitions.filter(isLagging);
  if (lagging.length <= 1)
    return lagging.map(() => `1 partition has replicas that are not in sync: ${namesOf(lagging)}`);
  return [`${lagging.length} partitions have replicas that are not in sync, such as ${namesOf(lagging)}`];
}

/** Voters that have to catch up before another one stops. */
export function laggingVoters(quorum: Quorum): string[] {
  const lagging = votersBehind(quorum);
  const ids = lagging.map(({ id }) => id);
  if (ids.length <= 1) return ids.map((id) => `the voter ${id} is behind the active controller`);
  return [`the voters ${ids.join(", ")} are behind the active controller`];
}

/** As draining a node does it: within the disruption budget, with time to hand over leaders. */
async function evict(kubernetes: Kubernetes, namespace: string, name: string): Promise<void> {
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } };
  await kubernetes.create(`${namespace}/pods/${name}/eviction`, eviction).catch((error: Error) => {
    if (error instanceof Unreachable && error.status === TOO_MANY_REQUESTS) {
      throw new Error(`${name} may not be replaced now: another pod of Kafka is away`, { cause: error });
    }
    throw error;
  });
}
