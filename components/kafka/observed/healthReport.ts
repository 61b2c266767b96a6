import { REPORT_ANNOTATION } from "../../programs/jobMarks";
import { type Claim, podsToMove } from "../changes/lostVolumes";
import type { Pod, StatefulSet } from "../changes/workloads";
import { laggingPartitions, laggingVoters } from "../changes/stopping";
import { type KafkaPlan, layOutKafka } from "../plan/kafkaPlan";
import { type Layout, namesOf, type Partition } from "../protocol/partitions";
import type { Quorum } from "../protocol/quorum";

/** A Kubernetes node, as far as it is read here. */
export interface KubernetesNode {
  metadata: { name: string };
  status: { conditions?: { type: string; status: string; message?: string }[] };
}

/** A Kafka cluster as it is now. */
export interface LiveKafka {
  readonly nodes: readonly KubernetesNode[];
  readonly sets: readonly StatefulSet[];
  readonly pods: readonly Pod[];
  /** The namespace's volume claims. */
  readonly claims: readonly Claim[];
  /** Kafka's own answer; or the reason why Kafka doesn't answer, or why no broker could be reached from here. */
  readonly kafka:
    | { readonly layout: Layout; readonly quorum: Quorum }
    | { readonly failure: string }
    | { readonly unreached: Unreached };
}

/** Why Kafka could not be reached from here. It says nothing about Kafka's health. */
export interface Unreached {
  /** What could not be reached. */
  readonly at: "API server" | "brokers";
  readonly reason: string;
  /** HTTP status of the API server's or a proxy's answer; undefined if none came. */
  readonly status?: number | undefined;
}

/** What a cluster's StatefulSets ask for, which may be what no config can ask for; undefined where there are none. */
export function runningPlan(name: string, namespace: string, sets: readonly StatefulSet[]): KafkaPlan | undefined {
  const replicasOf = (set: string): number => sets.find(({ metadata }) => metadata.name === set)?.spec.replicas ?? 0;
  const brokers = replicasOf(name);
  return brokers > 0 ? layOutKafka(name, namespace, brokers, replicasOf(`${name}-controller`)) : undefined;
}

/**
 * Why a Kafka cluster isn't well, in sentences. Empty if every pod is ready and no volume was given up, every broker
 * serves, all partitions have a leader and all replicas in sync, and all voters are up to date. If no broker could be
 * reached, only the pods are judged.
 *
 * @param plan plan of the running cluster, which may differ from the config's
 */
export function kafkaProblems(plan: KafkaPlan, { pods, claims, kafka }: LiveKafka): string[] {
  return [
    ...quorumProblems(plan),
    ...podProblems(plan, pods),
    ...volumeProblems(pods, claims),
    ...ownProblems(plan, kafka),
  ];
}

/** Why a Kafka cluster or a Kubernetes node isn't well, in sentences. All nodes count, even those without Kafka. */
export function healthProblems(plan: KafkaPlan, live: LiveKafka): string[] {
  return [...nodeProblems(live.nodes), ...kafkaProblems(plan, live)];
}

/** Kafka's health as it was observed. */
export interface Findings {
  /** Why Kafka isn't well; empty if no problem was found. */
  readonly problems: readonly string[];
  /** Why Kafka or the API server could not be reached; undefined if both were. */
  readonly unreached?: Unreached | undefined;
}

/** The warning of a preview and an `up`; undefined if Kafka is known to be well. */
export function warningOf({ problems, unreached }: Findings): string | undefined {
  if (problems.length === 0) {
    return (
      unreached &&
      `It is unknown whether Kafka is well: ${whyUnreached(unreached)} That alone plans nothing, and the last verification may no longer hold.`
    );
  }
  const warning =
    `Kafka isn't well: ${problems.join("; ")}. Its last verification no longer holds, so the Jobs that repair it (roll, rebalance) ` +
    "and verify it run again; what they can't repair fails the update with the reason.";
  if (!unreached) return warning;
  return `${warning} What Kafka says of itself is unknown: ${whyUnreached(unreached)}`;
}

/** What could not be reached from here, the reason, and the remedy. */
export function whyUnreached({ at, reason, status }: Unreached): string {
  return at === "brokers"
    ? `its brokers could not be asked through the API server (${reason}). ${remedyOfPath(status)} [KK850]`
    : `the API server could not be asked (${reason}). ${remedyOfApiServer(status)} [KK851]`;
}

function remedyOfPath(status: number | undefined): string {
  if (isRefusal(status))
    return "Let the kubeconfig's user forward ports: the verbs get and create on pods/portforward.";
  if (status !== undefined && status < 500) {
    return "Let WebSockets through between here and the API server: a proxy or load balancer there refuses them.";
  }
  return (
    "Let the API servers reach port 10250 of each host, and see that no proxy between here and the API server holds back what is " +
    "sent on an open connection."
  );
}

function remedyOfApiServer(status: number | undefined): string {
  return isRefusal(status)
    ? "Let the kubeconfig's user list nodes, pods, volume claims, StatefulSets and Jobs; if its certificate has expired, run up again."
    : "See that it answers (kubectl get --raw /readyz), and that this machine reaches it directly: HTTPS_PROXY isn't used here.";
}

function isRefusal(status: number | undefined): boolean {
  return status === 401 || status === 403;
}

/** The last run of a Job that changes Kafka. */
export interface LastRun {
  /** Name of the Job's object. */
  readonly name: string;
  readonly succeeded: boolean;
  /** Drift that made it run; empty if a changed config did. */
  readonly drift: string;
}

/**
 * The drift to declare on a Job. It differs from the last run's only if there are problems since then, and then the Job
 * runs again. Without problems, or if they are unknown, it stays the same: otherwise each `up` would verify Kafka
 * again. A failed run is repeated anyway.
 */
export function driftOf(run: LastRun | undefined, problems: readonly string[]): string {
  if (problems.length === 0 || run?.succeeded === false) return run?.drift ?? "";
  return `${run ? `after ${run.name}` : "no earlier run is on record"}: ${problems.join("; ")}`;
}

/** A Job, as far as it is read here: its report and how it ended. */
export interface EndedJob {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    creationTimestamp: string;
    annotations?: Record<string, string>;
  };
  status: { succeeded?: number; failed?: number; completionTime?: string };
}

/** All existing runs of each kind of Job that changes Kafka. */
export type ChangeRuns = Readonly<Record<"drain" | "roll" | "rebalance", readonly EndedJob[]>>;

/**
 * Id of the change that a roll and the rebalance after it have made. A verification's report has the id of what it
 * verified.
 *
 * @param roll uid of the roll's Job
 * @param rebalance uid of the rebalance's Job
 */
export function changeIdOf(roll: string, rebalance: string): string {
  return `${roll},${rebalance}`;
}

/** Why the last verification doesn't apply to Kafka as it is now; empty if it succeeded and is of the last change. */
export function reportProblems(verifications: readonly EndedJob[], changes: ChangeRuns): string[] {
  const last = newest(verifications);
  if (!last) return ["Kafka was never verified"];
  const { name, namespace, creationTimestamp } = last.metadata;
  if (last.status.failed)
    return [`the last verification, ${name}, failed, and kubectl logs --namespace ${namespace} job/${name} says why`];
  if (!last.status.succeeded)
    return [`the last verification, ${name}, has not ended: an up is running, or one was cut short`];
  const change = newest(Object.values(changes).flat());
  if (change && change.metadata.creationTimestamp > creationTimestamp) {
    return [`nobody has verified the last change, ${change.metadata.name}: the last verification, ${name}, is older`];
  }
  const [roll, rebalance] = [newest(changes.roll), newest(changes.rebalance)];
  if (!roll || !rebalance) {
    const missing = roll ? "rebalance" : "roll";
    return [
      `it is unknown whether the last verification, ${name}, is of the change that runs, since the Job of the last ${missing} is ` +
        "gone: bin/pulumi refresh and then bin/pulumi up make it again",
    ];
  }
  return changeIn(last) === changeIdOf(roll.metadata.uid, rebalance.metadata.uid)
    ? []
    : [
        `the last verification, ${name}, is of another change than the one that runs, which ${roll.metadata.name} and ` +
          `${rebalance.metadata.name} made`,
      ];
}

/** Id of the change that a verification's report is of; undefined if there is no readable report. */
function changeIn({ metadata }: EndedJob): string | undefined {
  try {
    return (JSON.parse(metadata.annotations?.[REPORT_ANNOTATION] ?? "") as { change?: string }).change;
  } catch {
    return undefined;
  }
}

/**
 * Age of the last verification, in words; undefined if it hasn't succeeded.
 *
 * @example "last verification: kafka-verification-1a2b, succeeded 3 hours ago (2026-11-28T09:00:00Z)"
 */
export function ageOfReport(verifications: readonly EndedJob[], now: Date): string | undefined {
  const last = newest(verifications);
  const at = last?.status.completionTime;
  if (!last || at === undefined) return undefined;
  const minutes = Math.max(0, Math.round((now.getTime() - Date.parse(at)) / 60_000));
  const [count, unit] =
    minutes < 120 ? [minutes, "minute"] : minutes < 48 * 60 ? [minutes / 60, "hour"] : [minutes / 1440, "day"];
  const whole = Math.round(count);
  return `last verification: ${last.metadata.name}, succeeded ${whole} ${unit}${whole === 1 ? "" : "s"} ago (${at})`;
}

function newest(jobs: readonly EndedJob[]): EndedJob | undefined {
  const time = ({ metadata }: EndedJob): string => metadata.creationTimestamp;
  return [...jobs].sort((one, other) => time(one).localeCompare(time(other))).at(-1);
}

function nodeProblems(nodes: readonly KubernetesNode[]): string[] {
  return nodes
    .filter((node) => !isReady(node))
    .map((node) => `the node ${node.metadata.name} is not ready${because(conditionOf(node, "Ready")?.message)}`);
}

/** The program asks for an odd number only. */
function quorumProblems({ pools }: KafkaPlan): string[] {
  return pools
    .filter(({ role, nodes }) => role === "controller" && nodes.length % 2 === 0)
    .map(
      ({ name, nodes }) =>
        `the StatefulSet ${name} has been scaled to ${nodes.length} pods, and a quorum needs an odd number of controllers`,
    );
}

function podProblems({ pools }: KafkaPlan, pods: readonly Pod[]): string[] {
  const names = pools.flatMap(({ name, nodes }) => nodes.map((_, ordinal) => `${name}-${ordinal}`));
  return names.flatMap((name) => {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    if (!pod) return [`the pod ${name} is missing`];
    if (isReady(pod)) return [];
    const { state, lastState } = pod.status.containerStatuses?.[0] ?? {};
    const scheduled = conditionOf(pod, "PodScheduled");
    const refusal = /^Kafka did not start: .*/.exec(lastState?.terminated?.message ?? "")?.[0];
    const started = refusal ?? state?.waiting?.message ?? state?.waiting?.reason;
    const why = scheduled?.status === "False" ? scheduled.message : started;
    return [`the pod ${name} is not ready${because(why)}`];
  });
}

/** A claim that somebody has deleted stays until its pod goes, and only a roll removes the pod without risk. */
function volumeProblems(pods: readonly Pod[], claims: readonly Claim[]): string[] {
  return podsToMove(pods, claims).map(
    ({ metadata: { name } }) => `the volume of the pod ${name} was given up, and the pod still runs on it`,
  );
}

function ownProblems({ brokers, voters }: KafkaPlan, kafka: LiveKafka["kafka"]): string[] {
  if ("unreached" in kafka) return [];
  if ("failure" in kafka) return [silence(kafka.failure)];
  const { layout, quorum } = kafka;
  const absent = brokers.filter((id) => !layout.brokers.some((each) => each.id === id));
  const voteless = voters.filter((id) => !quorum.voters.some((each) => each.id === id));
  return [
    ...sentencesOn(absent, "broker", "doesn't serve clients", "don't serve clients"),
    ...leaderlessPartitions(layout.partitions),
    ...laggingPartitions(layout.partitions),
    ...sentencesOn(voteless, "node", "has no vote on Kafka's metadata", "have no vote on Kafka's metadata"),
    ...laggingVoters(quorum),
  ];
}

/**
 * Partitions without a leader. `laggingPartitions` doesn't find them all: without eligible leader replicas (KIP-966) Kafka
 * lists a partition's last replica as in sync even if its log directory is offline.
 */
function leaderlessPartitions(partitions: readonly Partition[]): string[] {
  const leaderless = partitions.filter(({ leader }) => leader < 0);
  if (leaderless.length <= 1) return leaderless.map(() => `1 partition has no leader: ${namesOf(leaderless)}`);
  return [`${leaderless.length} partitions have no leader, such as ${namesOf(leaderless)}`];
}

/** One sentence about nodes of Kafka by their ids; empty without ids. */
function sentencesOn(ids: readonly number[], noun: string, does: string, do_: string): string[] {
  if (ids.length <= 1) return ids.map((id) => `the ${noun} ${id} ${does}`);
  return [`the ${noun}s ${ids.join(", ")} ${do_}`];
}

const silence = (why: string): string => `no broker answers: ${why}`;
const because = (why: string | undefined): string => (why ? `: ${why}` : "");

interface WithConditions {
  status: { conditions?: { type: string; status: string; message?: string }[] };
}

function conditionOf({ status }: WithConditions, wanted: string) {
  return status.conditions?.find(({ type }) => type === wanted);
}

function isReady(object: WithConditions): boolean {
  return conditionOf(object, "Ready")?.status === "True";
}
