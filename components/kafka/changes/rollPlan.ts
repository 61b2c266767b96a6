import { Fatal } from "../../failures";
import { isReady, type Pod, type StatefulSet } from "./workloads";

/** The next step of a roll. */
export type RollStep =
  /** What the roll waits for. */
  | { wait: string }
  /** Name of the pod to replace; `serves` says whether clients use it until then. */
  | { replace: string; serves: boolean };

/** A pod may wait this long for a node, or for a silent node's return, before the roll fails with the reason. */
const HOPELESS_AFTER_MS = 120_000;
/** Kubernetes schedules waiting pods within this time once a new host has joined or a taint is gone. */
export const SCHEDULED_WITHIN_MS = 30_000;
/**
 * The kubelet pulls an image again after at most five minutes (MaxContainerBackOff); the rest is for the pull itself.
 */
const LONGEST_BACK_OFF_MS = 330_000;

/** Names of the pods that a roll treats differently from the rest. */
export interface Roles {
  /** Pod of the quorum's leader. @default unknown */
  readonly activeController?: string | undefined;
  /** Pods to replace even if they are up to date, and before all others, in this order. @default none */
  readonly toMend?: readonly string[];
}

/**
 * Time and restarts as of the roll's beginning. A host that was silent, or a pod that crashed, before the roll is no
 * reason to end it: the roll may be the remedy.
 */
export interface RollTimes {
  /** In milliseconds since 1970. */
  readonly now: number;
  /** When the roll began, as `now`. */
  readonly since: number;
  /** Restart counts of containers when the roll began, by the uid of their pod. @default 0 for each */
  readonly restartsBefore?: ReadonlyMap<string, number>;
}

/**
 * The next step of a roll, which replaces one pod at a time: first pods that aren't ready anyway, then those in
 * `toMend`, the active controller's last. Undefined once every pod is up to date and ready.
 *
 * @param sets in the order in which they are rolled
 * @throws Fatal with the reason of a pod that can't start, so that no other pod is touched
 */
export function nextRollStep(
  sets: readonly StatefulSet[],
  pods: readonly Pod[],
  { activeController, toMend = [] }: Roles,
  times: RollTimes,
): RollStep | undefined {
  const missing = missingPods(sets, pods, times);
  if (missing !== undefined) return { wait: missing };

  const outdated: Pod[] = [];
  const starting: Pod[] = [];
  for (const set of sets) {
    const own = podsIn(set, pods);
    const isOutdated = ({ metadata }: Pod): boolean =>
      metadata.labels?.["controller-revision-hash"] !== set.status.updateRevision || toMend.includes(metadata.name);
    starting.push(...own.filter((pod) => !isOutdated(pod)));
    outdated.push(...own.filter(isOutdated).sort(byOrdinal).reverse());
  }
  // Before any wait: if most voters are down, replaced ones can't become ready until the others are replaced, too.
  const down = outdated.find((pod) => !isReady(pod));
  if (down) return { replace: down.metadata.name, serves: false };
  const [unready] = unreadyPods(starting, times);
  if (unready !== undefined) return { wait: unready };
  const next =
    toMend.flatMap((name) => outdated.find(({ metadata }) => metadata.name === name) ?? [])[0] ??
    outdated.find(({ metadata }) => metadata.name !== activeController) ??
    outdated[0];
  return next && { replace: next.metadata.name, serves: true };
}

/**
 * What Kubernetes has still to do until each StatefulSet has its pods; undefined if it has nothing to do.
 *
 * @throws Fatal with a pod that can't be stopped
 */
export function missingPods(sets: readonly StatefulSet[], pods: readonly Pod[], times: RollTimes): string | undefined {
  const unseen = sets.find(({ metadata, status }) => status.observedGeneration !== metadata.generation);
  if (unseen) return `Kubernetes has not noticed the change of ${unseen.metadata.name}'s pods`;
  for (const set of sets) {
    const own = podsIn(set, pods);
    const stopping = own.find(({ metadata }) => metadata.deletionTimestamp !== undefined);
    if (stopping) {
      // Kubernetes sets deletionTimestamp to the end of the pod's grace period.
      const overdueMs = times.now - Math.max(times.since, Date.parse(stopping.metadata.deletionTimestamp!));
      if (overdueMs > HOPELESS_AFTER_MS)
        throw new Fatal(`${stopping.metadata.name} can't be stopped: its host is silent`);
      return `${stopping.metadata.name} is stopping`;
    }
    if (own.length !== set.spec.replicas) {
      return `${set.metadata.name} has ${own.length} of ${set.spec.replicas} pods`;
    }
  }
  return undefined;
}

/**
 * A sentence for each pod that isn't ready but may still become so.
 *
 * @throws Fatal with the reason of a pod that can't start. Voters wait for each other, so it may be with any of them.
 */
export function unreadyPods(pods: readonly Pod[], times: RollTimes): string[] {
  const starting = pods.filter((pod) => !isReady(pod));
  for (const pod of starting) {
    const reason = whyItCannotStart(pod, times);
    if (reason !== undefined) throw new Fatal(`${pod.metadata.name} can't start: ${reason}`);
  }
  return starting.map(({ metadata }) => `${metadata.name} is not ready`);
}

/** Restart counts of the pods' containers, by the uid of their pod. */
export function restartsOf(pods: readonly Pod[]): Map<string, number> {
  return new Map(
    pods.map(({ metadata, status }) => [metadata.uid ?? "", status.containerStatuses?.[0]?.restartCount ?? 0]),
  );
}

function podsIn(set: StatefulSet, pods: readonly Pod[]): Pod[] {
  return pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === set.metadata.name));
}

function byOrdinal(a: Pod, b: Pod): number {
  const ordinal = ({ metadata }: Pod): number => Number(metadata.name.split("-").at(-1));
  return ordinal(a) - ordinal(b);
}

/** Why a pod can't start; undefined while it still may. */
function whyItCannotStart({ metadata, status }: Pod, { now, since, restartsBefore }: RollTimes): string | undefined {
  const [container] = status.containerStatuses ?? [];
  const waiting = container?.state?.waiting;
  const terminated = container?.lastState?.terminated;
  const restarts = (container?.restartCount ?? 0) - (restartsBefore?.get(metadata.uid ?? "") ?? 0);
  // Two restarts: one may be due to something that came a moment late. Crashes before this roll don't count.
  if (restarts >= 2 && terminated && Date.parse(terminated.finishedAt ?? "") >= since) {
    return lastWords(terminated.message) || `it ended with ${terminated.reason ?? terminated.exitCode}`;
  }
  const rolledFor = now - since;
  const isOlderThanRoll = Date.parse(metadata.creationTimestamp ?? "") < since;
  if (waiting?.reason && HOPELESS.includes(waiting.reason) && (!isOlderThanRoll || rolledFor > LONGEST_BACK_OFF_MS)) {
    return `${waiting.reason}: ${waiting.message ?? ""}`;
  }
  const [scheduled, ready] = ["PodScheduled", "Ready"].map((wanted) =>
    status.conditions?.find(({ type }) => type === wanted),
  );
  const ageMs = (condition: typeof ready): number => now - Date.parse(condition?.lastTransitionTime ?? "");
  // When a node is silent, Kubernetes marks its pods as not ready, but leaves the containers' last reported state.
  if (container?.ready && Math.min(rolledFor, ageMs(ready)) > HOPELESS_AFTER_MS) return "its host is silent";
  const isUnplaced = scheduled?.status === "False" && ageMs(scheduled) > HOPELESS_AFTER_MS;
  return isUnplaced && rolledFor > SCHEDULED_WITHIN_MS ? scheduled.message : undefined;
}

/** Reasons of a waiting container that time alone doesn't resolve. */
const HOPELESS = ["ImagePullBackOff", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError"];

/** The last lines of a log that name an error, without their stack traces. */
function lastWords(log = ""): string {
  const lines = log.split("\n").filter((line) => line.trim() !== "");
  const errors = lines.filter((line) => /Exception|Error|ERROR|did not start/.test(line) && !/^\s+at /.test(line));
  return (errors.length > 0 ? errors : lines).slice(-3).join("\n");
}
