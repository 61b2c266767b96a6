import { Fatal, isMistake, reasonOf } from "../../failures";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { Deadline } from "../../programs/inPod/waiting";
import type { Connection } from "../protocol/connection";
import { layoutOf } from "../protocol/partitions";
import { type BoundClaim, type ClaimedVolume, claimsPath, VOLUMES, volumesLeft } from "./keptVolumes";
import { podsOf } from "./lostVolumes";
import type { ChangeTask } from "./task";
import { isReady, type Pod, type StatefulSet } from "./workloads";

/** Time limit for an answer while a pod may still start. */
const DEADLINE_SECONDS = 120;

/**
 * Refuses to add nodes to a Kafka that has been up and doesn't answer. They could not join it, and would hide what is wrong with it:
 * a voter that has lost its volume says so as long as it is alone. If no pod can start, nothing is waited for.
 *
 * @param sets the cluster's existing StatefulSets
 * @throws Fatal with what is wrong with the pods, or with the connection
 */
export async function refuseToGrowUnanswered(
  kafka: Connection,
  kubernetes: Pick<PodApiClient, "find" | "list">,
  task: Pick<ChangeTask, "namespace" | "pools" | "formedMarker">,
  sets: readonly StatefulSet[],
  deadline = new Deadline(DEADLINE_SECONDS),
): Promise<void> {
  if (
    !task.pools.some(({ name, count }) => sets.some((set) => set.metadata.name === name && set.spec.replicas < count))
  )
    return;
  const namespace = `/api/v1/namespaces/${task.namespace}`;
  if (!(await kubernetes.find(`${namespace}/configmaps/${task.formedMarker}`))) return;
  if (await volumesWait(kubernetes, task)) return;
  const serves = async (): Promise<void> => {
    const pods = podsOf(task, await kubernetes.list<Pod>(`${namespace}/pods`));
    const stopped = pods.flatMap((pod) => whyStopped(pod) ?? []);
    if (stopped.length === pods.length) throw new Fatal(refusal(stopped.join("; ") || "it has no pod"));
    if ((await layoutOf(kafka)).brokers.length === 0) throw new Error("no broker serves");
  };
  await deadline.answer("Kafka's answer", serves).catch((error: Error) => {
    if (error instanceof Fatal || isMistake(error)) throw error;
    throw new Fatal(refusal(reasonOf(error)), { cause: error });
  });
}

/** Whether volumes wait for nodes, as after a restore from a backup that knows fewer of them: these nodes come back. */
async function volumesWait(kubernetes: Pick<PodApiClient, "list">, task: Pick<ChangeTask, "namespace" | "pools">) {
  const claims = await kubernetes.list<BoundClaim>(claimsPath(task));
  return volumesLeft(task, claims, await kubernetes.list<ClaimedVolume>(VOLUMES), "Available").size > 0;
}

function refusal(reason: string): string {
  return (
    `Kafka has been up, and doesn't answer: ${reason}. Nodes that are added now could not join it. Set kafka.brokers and kafka.controllers ` +
    "back, let Kafka come up (`make health` says what it lacks), and add the nodes in an up of its own. Nothing was changed. [KK984]"
  );
}

/** Why a pod's container doesn't run, and isn't about to; undefined if the pod may answer. */
function whyStopped(pod: Pod): string | undefined {
  const { metadata, status } = pod;
  const unscheduled = status.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const [container] = status.containerStatuses ?? [];
  const waits = container?.state?.waiting?.reason ?? "";
  if (isReady(pod) || (!unscheduled && !/BackOff$|^Err|^Invalid/.test(waits))) return undefined;
  const why = unscheduled?.message ?? container?.lastState?.terminated?.message?.trim() ?? waits;
  return `${metadata.name}: ${why || waits || "it has no node"}`;
}
