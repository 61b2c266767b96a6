import { Fatal } from "../../programs/inPod/waiting";
import { isReady, type Pod, type StatefulSet } from "./workloads";

/** What to do next so that all pods run what their StatefulSets say. */
export type RollStep =
  | { wait: string }
  /** This pod may be replaced; `serves` says whether clients use it until then. */
  | { replace: string; serves: boolean };

/** A pod that finds no node, or whose node is silent, keeps waiting; so long until somebody is told. */
const HOPELESS_AFTER_MS = 120_000;
/** A host that has just come, or no longer repels pods, gets those that wait for one by then. */
const SCHEDULED_WITHIN_MS = 30_000;
/** The kubelet pulls an image again after five minutes at the latest (MaxContainerBackOff), and then has to have pulled it. */
const LONGEST_BACK_OFF_MS = 330_000;

/** Names of the pods that a roll treats in another way than the rest. */
export interface Roles {
  /** Leads the metadata quorum. @default nobody knows */
  readonly activeController?: string | undefined;
  /** To be replaced even where they run what they have to. These are replaced first, in this order. @default none */
  readonly toMend?: readonly string[];
}

/**
 * When the pods are rolled, and what they had done before: what a host or a pod did before the roll, such as being silent or
 * crashing, is no reason to end it, since it may be what the roll mends.
 */
export interface RollTimes {
  /** In milliseconds since 1970. */
  readonly now: number;
  /** When the roll began, as `now`. */
  readonly since: number;
  /** How often containers had been started again when the roll began, by the uid of their pod. @default never */
  readonly restartsBefore?: ReadonlyMap<string, number>;
}

/**
 * The next step of a rolling change, one pod at a time: first those that don't run anyway, then those that it mends, the active
 * controller's last. Undefined where every pod runs what it has to, and is ready.
 *
 * @param sets in the order in which they are rolled
 * @throws Fatal with the reason of a pod that can't start: no other pod is touched then
 */
export function nextRollStep(
  sets: readonly StatefulSet[],
  pods: readonly Pod[],
  { activeController, toMend = [] }: Roles,
  times: RollTimes,
): RollStep | undefined {
  const unseen = sets.find(({ metadata, status }) => status.observedGeneration !== metadata.generation);
  if (unseen) return { wait: `Kubernetes has not noticed the change of ${unseen.metadata.name}'s pods` };

  const outdated: Pod[] = [];
  const starting: Pod[] = [];
  for (const set of sets) {
    const own = pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === set.metadata.name));
    const stopping = own.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
    if (stopping) {
      // The time until which it may take to stop.
      const late = times.now - Math.max(times.since, Date.parse(stopping.metadata.deletionTimestamp!));
      if (late > HOPELESS_AFTER_MS) throw new Fatal(`${stopping.metadata.name} can't be stopped: its host is silent`);
      return { wait: `${stopping.metadata.name} is stopping` };
    }
    if (own.length !== set.spec.replicas) {
      return { wait: `${set.metadata.name} has ${own.length} of ${set.spec.replicas} pods` };
    }
    const isOutdated = ({ metadata }: Pod): boolean =>
      metadata.labels?.["controller-revision-hash"] !== set.status.updateRevision || toMend.includes(metadata.name);
    starting.push(...own.filter((pod) => !isOutdated(pod) && !isReady(pod)));
    outdated.push(...own.filter(isOutdated).sort(byOrdinal).reverse());
  }
  // Before any wait: where most voters are down, those that have been replaced can't become ready without these.
  const down = outdated.find((pod) => !isReady(pod));
  if (down) return { replace: down.metadata.name, serves: false };
  // Voters wait for each other: the reason may be another one's than the first one's.
  for (const pod of starting) {
    const reason = whyItCannotStart(pod, times);
    if (reason !== undefined) throw new Fatal(`${pod.metadata.name} can't start: ${reason}`);
  }
  if (starting[0]) return { wait: `${starting[0].metadata.name} is not ready` };
  const next =
    toMend.flatMap((name) => outdated.find(({ metadata }) => metadata.name === name) ?? [])[0] ??
    outdated.find(({ metadata }) => metadata.name !== activeController) ??
    outdated[0];
  return next && { replace: next.metadata.name, serves: true };
}

function byOrdinal(a: Pod, b: Pod): number {
  const ordinal = ({ metadata }: Pod): number => Number(metadata.name.split("-").at(-1));
  return ordinal(a) - ordinal(b);
}

/** Undefined while it may still come up. */
function whyItCannotStart({ metadata, status }: Pod, { now, since, restartsBefore }: RollTimes): string | undefined {
  const [container] = status.containerStatuses ?? [];
  const waiting = container?.state?.waiting;
  const terminated = container?.lastState?.terminated;
  const restarts = (container?.restartCount ?? 0) - (restartsBefore?.get(metadata.uid ?? "") ?? 0);
  // Twice the same: not just something that came a moment late. What it died of before this roll may be mended by it.
  if (restarts >= 2 && terminated && Date.parse(terminated.finishedAt ?? "") >= since) {
    return lastWords(terminated.message) || `it ended with ${terminated.reason ?? terminated.exitCode}`;
  }
  const rolledFor = now - since;
  const wasThere = Date.parse(metadata.creationTimestamp ?? "") < since;
  if (waiting?.reason && HOPELESS.includes(waiting.reason) && (!wasThere || rolledFor > LONGEST_BACK_OFF_MS)) {
    return `${waiting.reason}: ${waiting.message ?? ""}`;
  }
  const [scheduled, ready] = ["PodScheduled", "Ready"].map((wanted) =>
    status.conditions?.find(({ type }) => type === wanted),
  );
  const lasts = (condition: typeof ready): number => now - Date.parse(condition?.lastTransitionTime ?? "");
  // Of a node that is silent Kubernetes takes back that its pods are ready; their containers are as it last heard of them.
  if (container?.ready && Math.min(rolledFor, lasts(ready)) > HOPELESS_AFTER_MS) return "its host is silent";
  const isUnplaced = scheduled?.status === "False" && lasts(scheduled) > HOPELESS_AFTER_MS;
  return isUnplaced && rolledFor > SCHEDULED_WITHIN_MS ? scheduled.message : undefined;
}

const HOPELESS = ["ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"];

/** Of the end of a log the lines that name an error, without the stack below them. */
function lastWords(log = ""): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const telling = lines.filter((line) => /Exception|Error|ERROR|did not start/.test(line) && !/^\s+at /.test(line));
  return (telling.length > 0 ? telling : lines).slice(-3).join("\n");
}
