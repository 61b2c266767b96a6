import type { Connection } from "../protocol/connection";
import { layoutOf, type Layout, type Partition } from "../protocol/partitions";
import { quorumOf, type Quorum } from "../protocol/quorum";
import { Deadline } from "../../programs/program/waiting";
import { KubernetesError, type Kubernetes } from "../../programs/program/kubernetes";
import { preferLeaders } from "./leaders";
import { hasLostItsVolume, missingNodes, podsOf, replaceVolume } from "./lostVolumes";
import { statefulSetPath } from "./objects";
import { brokersToMend, withoutOffline } from "./offlineReplicas";
import { nextRollStep, type Pod, type StatefulSet } from "./pods";
import type { ChangeTask } from "./task";
import { votersBehind } from "./voters";

/** As long as a broker may take to recover its logs; a pod that can't start is noticed much earlier. */
const STANDSTILL_SECONDS = 1800;
/** An eviction that a disruption budget refuses, for instance because a node is being drained. */
const TOO_MANY_REQUESTS = 429;

/**
 * Replaces the pods that don't run yet what their StatefulSets say: one at a time, only while every partition has all its
 * replicas in sync and every voter is up to date. A pod that can't start ends it; the others go on as they are. A pod whose volume
 * is gone with a machine gets another one, where that loses nothing.
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
  const namespace = `/namespaces/${task.namespace}`;
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("a complete roll of Kafka's pods", async () => {
    const sets = await Promise.all(
      task.pools.map(({ name }) => kubernetes.get<StatefulSet>(statefulSetPath(task, name))),
    );
    const pods = podsOf(task, await kubernetes.list<Pod>(`/api/v1${namespace}/pods`));
    const lost = pods.find(hasLostItsVolume);
    if (lost) {
      const unsafe = await replaceVolume(kafka, kubernetes, task, pods, lost);
      if (unsafe.length > 0) return unsafe;
      log(`giving ${lost.metadata.name} another volume`);
      replaced.push(lost.metadata.name);
      return [`${lost.metadata.name} gets another volume`];
    }
    const look = await lookAt(kafka);
    const step = nextRollStep(sets, pods, rolesOf(task, look), { now: Date.now(), since });
    if (!step) return whyNotDone(task, replaced.length > 0, look);
    if ("wait" in step) return [step.wait];
    const unsafe = step.serves ? whyNotNow(nodeOf(task, step.replace), look) : [];
    if (unsafe.length > 0) return unsafe;
    log(`replacing ${step.replace}`);
    await evict(kubernetes, namespace, step.replace);
    replaced.push(step.replace);
    return [`${step.replace} is being replaced`];
  });
  if (replaced.length > 0) await preferLeaders(kafka);
  return replaced;
}

/** Name of the pod that a node runs in. */
function podOf({ pools }: ChangeTask, id: number): string | undefined {
  const pool = pools.find(({ firstId, count }) => id >= firstId && id < firstId + count);
  return pool && `${pool.name}-${id - pool.firstId}`;
}

/** Id of the node that runs in a pod. */
function nodeOf({ pools }: ChangeTask, pod: string): number {
  const ordinal = pod.lastIndexOf("-");
  return pools.find(({ name }) => name === pod.slice(0, ordinal))!.firstId + Number(pod.slice(ordinal + 1));
}

/** Kafka as it is at one moment; where it doesn't answer, why. */
type Look =
  { readonly layout: Layout; readonly quorum: Quorum; readonly failure?: undefined } | { readonly failure: string };

/** One look decides all of a step, so that its parts can't contradict each other. */
function lookAt(kafka: Connection): Promise<Look> {
  return Promise.all([layoutOf(kafka), quorumOf(kafka)]).then(
    ([layout, quorum]) => ({ layout, quorum }),
    (error: Error) => ({ failure: error.message }),
  );
}

function rolesOf(task: ChangeTask, look: Look): Parameters<typeof nextRollStep>[2] {
  if (look.failure !== undefined) return {};
  return {
    activeController: podOf(task, look.quorum.leader),
    toMend: brokersToMend(look.layout).flatMap((id) => podOf(task, id) ?? []),
  };
}

/** @param node that would be stopped */
function whyNotNow(node: number, look: Look): string[] {
  if (look.failure !== undefined) return [look.failure];
  return [...laggingPartitions(withoutOffline(node, look.layout)), ...laggingVoters(look.quorum)];
}

/** The last pod, too, leads again what it prefers to lead only when it has caught up, which takes what it takes. */
function whyNotDone(task: ChangeTask, hasReplaced: boolean, look: Look): string[] {
  if (look.failure !== undefined) return [look.failure];
  const { layout, quorum } = look;
  return [...missingNodes(task, layout, quorum), ...(hasReplaced ? laggingPartitions(layout.partitions) : [])];
}

/** Partitions that the stop of one more broker could take below the replicas that have to be in sync. */
export function laggingPartitions(partitions: readonly Partition[]): string[] {
  const lagging = partitions.filter(({ replicas, inSync }) => replicas.some((id) => !inSync.includes(id)));
  const names = lagging.slice(0, 3).map(({ topic, partition }) => `${topic}-${partition}`);
  if (lagging.length <= 1) return lagging.map(() => `1 partition has replicas that are not in sync: ${names[0]}`);
  return [`${lagging.length} partitions have replicas that are not in sync, such as ${names.join(", ")}`];
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
  await kubernetes.create(`/api/v1${namespace}/pods/${name}/eviction`, eviction).catch((error: Error) => {
    if (error instanceof KubernetesError && error.status === TOO_MANY_REQUESTS) {
      throw new Error(`${name} may not be replaced now: another pod of Kafka is away`);
    }
    throw error;
  });
}
