/** A Job that runs a program, as far as it is read here. */
export interface StartingJob {
  metadata: { name: string; namespace: string };
  spec: { suspend?: boolean };
  status: { conditions?: { type: string; status: string }[] };
}

/** A Job's pod, as far as it is read here. */
export interface StartingPod {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  status: {
    conditions?: { type: string; status: string; message?: string }[];
    containerStatuses?: {
      state?: { running?: object; terminated?: object; waiting?: { reason?: string; message?: string } };
    }[];
  };
}

/** An event of a pod or a Job. The scheduler gives its time in other fields than the kubelet. */
export interface ClusterEvent {
  metadata: { creationTimestamp: string };
  involvedObject: { kind: string; name: string };
  type: string;
  message?: string;
  lastTimestamp?: string | null;
  series?: { lastObservedTime?: string } | null;
}

/** What one look has found. */
export interface Look {
  readonly jobs: readonly StartingJob[];
  /** Pods of all Jobs. */
  readonly pods: readonly StartingPod[];
  readonly events: readonly ClusterEvent[];
}

/** A Job that doesn't start. */
export interface BlockedJob {
  readonly name: string;
  /** Why, in a sentence for the user. */
  readonly message: string;
  /** Whether to end it. A Job that somebody has suspended only waits. */
  readonly isHopeless: boolean;
}

/** Label of a Job's pod: the Job's name. */
export const JOB_LABEL = "batch.kubernetes.io/job-name";
/**
 * A Job may be blocked for so long: a host may have to boot, and the kubelet pulls an image again after at most five
 * minutes.
 */
const LONGEST_BLOCK_MINUTES = 10;
/** Reasons of a waiting container that need a remedy. A container that is being created, or whose image comes, has others. */
const BLOCKED = [
  "ErrImagePull",
  "ImagePullBackOff",
  "InvalidImageName",
  "ErrImageNeverPull",
  "CreateContainerConfigError",
  "CreateContainerError",
  "RunContainerError",
];

/** Finds, in repeated looks, the Jobs whose pods can't start. An image may take as long as it comes. */
export class Starts {
  /** Since when each Job is blocked, by its name. */
  private blockedSince = new Map<string, number>();

  /**
   * @param nowMs time of the look, on any clock
   * @returns Jobs that have been blocked in all looks of the last ten minutes
   */
  judge(look: Look, nowMs: number): BlockedJob[] {
    const blocked = look.jobs.flatMap((job) => {
      const reason = whyBlocked(job, look);
      return reason === undefined ? [] : [{ job, reason, since: this.blockedSince.get(job.metadata.name) ?? nowMs }];
    });
    this.blockedSince = new Map(blocked.map(({ job, since }) => [job.metadata.name, since]));
    return blocked
      .filter(({ since }) => nowMs - since >= LONGEST_BLOCK_MINUTES * 60_000)
      .map(({ job: { metadata, spec }, reason }) => ({
        name: metadata.name,
        message: `The Job ${metadata.name} has not started for ${LONGEST_BLOCK_MINUTES} minutes: ${reason.replace(/\.?\s*$/, ".")} [KK826]`,
        isHopeless: !spec.suspend,
      }));
  }
}

/** Whether a look needs the events as well: some Job has neither started nor ended. */
export function isAnyWaiting({ jobs, pods }: Omit<Look, "events">): boolean {
  return jobs.some((job) => !hasEnded(job) && !podsOf(job, pods).some(hasStarted));
}

/** Why a Job's pod can't start; undefined if it has started, or still may. */
function whyBlocked(job: StartingJob, { jobs, pods, events }: Look): string | undefined {
  const own = podsOf(job, pods);
  if (hasEnded(job) || own.some(hasStarted)) return undefined;
  const { name, namespace } = job.metadata;
  if (job.spec.suspend) {
    return `somebody has suspended it. kubectl patch job ${name} --namespace ${namespace} --patch '{"spec":{"suspend":false}}' resumes it`;
  }
  const [pod] = own;
  if (!pod) return `it has no pod${because(lastWarning("Job", name, events))}`;
  const scheduled = pod.status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    // Jobs that run make room when they end.
    const isRoomToCome = jobs.some((other) => !hasEnded(other) && podsOf(other, pods).some(hasStarted));
    return isRoomToCome ? undefined : `no node takes its pod${because(scheduled.message)}`;
  }
  const waiting = pod.status.containerStatuses?.[0]?.state?.waiting;
  if (BLOCKED.includes(waiting?.reason ?? "")) return `${waiting!.reason}${because(waiting!.message)}`;
  return lastWarning("Pod", pod.metadata.name, events);
}

/** The message of an object's last event, if that is a warning. */
function lastWarning(kind: string, name: string, events: readonly ClusterEvent[]): string | undefined {
  const time = ({ metadata, lastTimestamp, series }: ClusterEvent): number =>
    Date.parse(series?.lastObservedTime ?? lastTimestamp ?? metadata.creationTimestamp);
  const own = events.filter(({ involvedObject }) => involvedObject.kind === kind && involvedObject.name === name);
  const last = Math.max(...own.map(time));
  const latest = own.filter((event) => time(event) === last);
  return latest.every(({ type }) => type === "Warning") ? latest[0]?.message : undefined;
}

function podsOf({ metadata }: StartingJob, pods: readonly StartingPod[]): StartingPod[] {
  return pods.filter(
    (pod) => pod.metadata.labels?.[JOB_LABEL] === metadata.name && pod.metadata.deletionTimestamp === undefined,
  );
}

function hasStarted({ status }: StartingPod): boolean {
  const state = status.containerStatuses?.[0]?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

function hasEnded({ status }: StartingJob): boolean {
  return (status.conditions ?? []).some(({ type, status }) => /^(Complete|Failed)$/.test(type) && status === "True");
}

function because(why: string | undefined): string {
  return why ? `: ${why}` : "";
}
