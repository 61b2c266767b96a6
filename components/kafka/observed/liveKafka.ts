import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { unreachableIn } from "../../cluster/unreachable";
import { isMistake, reasonOf } from "../../failures";
import { DRIFT_ANNOTATION, PROGRAM_LABEL } from "../../programs/jobMarks";
import type { Claim } from "../changes/lostVolumes";
import { type Pod, somebodyDeleted, type StatefulSet } from "../changes/workloads";
import {
  driftOf,
  type EndedJob,
  type Findings,
  kafkaProblems,
  type KubernetesNode,
  type LastRun,
  type LiveKafka,
  runningPlan,
  type Unreached,
  warningOf,
} from "./healthReport";
import { listeners, type KafkaPlan } from "../plan/kafkaPlan";
import { askOver } from "../protocol/ask";
import { Connection } from "../protocol/connection";
import { layoutOf } from "../protocol/partitions";
import { quorumOf } from "../protocol/quorum";

/** A running Kafka to observe. */
export interface KafkaToLookAt {
  /** Name of the KafkaCluster. */
  readonly name: string;
  readonly namespace: string;
  readonly kubeconfig: pulumi.Output<string>;
  /** What an `up` waits for before it observes Kafka. A preview doesn't wait. */
  readonly after: pulumi.Output<unknown>;
}

/** Observations before a problem counts: a follower may lag for a moment. */
const OBSERVATIONS = 5;
const BETWEEN_OBSERVATIONS_MS = 1000;
/** Observations if Kafka can't be reached: a preview should not wait long for a cluster that is switched off. */
const OBSERVATIONS_WHILE_UNREACHED = 2;
/** If observations take longer than this in all, because answers are slow, two are enough. */
const LONGEST_OBSERVING_MS = 15_000;

/**
 * Why Kafka isn't well, as the drift of its Jobs, in previews as well. A problem makes the Jobs and the verification
 * run again, since the text differs from the last run's. If Kafka is well, or can't be reached, the text is the last
 * run's, which plans nothing. A Kafka that can't be reached is a warning with the reason and the remedy.
 */
export function whyKafkaIsUnwell({ name, namespace, kubeconfig, after }: KafkaToLookAt): pulumi.Output<string> {
  // Awaited as a promise: as an input, `after` would make the text unknown in a preview.
  const isDone = new Promise<void>((resolve) => after.apply(() => resolve()));
  const drift = kubeconfig.apply(async (text): Promise<string> => {
    if (!pulumi.runtime.isDryRun()) await isDone;
    const { run, ...findings } = await lastingFindings(new AdminApiClient(text), name, namespace);
    const warning = warningOf(findings);
    if (warning !== undefined) void pulumi.log.warn(warning);
    return driftOf(run, findings.problems);
  });
  return pulumi.unsecret(drift);
}

/**
 * Problems that last over several observations, with Kafka's last roll. A Kafka with neither a roll nor a StatefulSet
 * doesn't exist yet, and has no problems.
 */
export async function lastingFindings(
  apiServer: AdminApiClient,
  name: string,
  namespace: string,
  betweenObservationsMs = BETWEEN_OBSERVATIONS_MS,
): Promise<Findings & { run: LastRun | undefined }> {
  const since = Date.now();
  for (let count = 1; ; count++) {
    const found = await observe(apiServer, name, namespace);
    const most = found.problems.length > 0 ? OBSERVATIONS : found.unreached ? OBSERVATIONS_WHILE_UNREACHED : 1;
    if (count >= most || (count > 1 && Date.now() - since > LONGEST_OBSERVING_MS)) return found;
    await new Promise((resolve) => setTimeout(resolve, betweenObservationsMs));
  }
}

async function observe(
  apiServer: AdminApiClient,
  name: string,
  namespace: string,
): Promise<Findings & { run: LastRun | undefined }> {
  let run: LastRun | undefined;
  try {
    run = await lastRun(apiServer, namespace, `${name}-roll`);
    const live = await lookAtKafka(apiServer, name, namespace);
    const plan = runningPlan(name, namespace, live.sets);
    if (!run && !plan) return { run, problems: [] };
    const problems = plan
      ? kafkaProblems(plan, live)
      : [live.sets.some(({ metadata }) => metadata.name === name) ? scaledToNone(name) : somebodyDeleted([name])];
    return { run, problems, unreached: "unreached" in live.kafka ? live.kafka.unreached : undefined };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { run, problems: [], unreached: unreachedApiServer(error) };
  }
}

function scaledToNone(name: string): string {
  return `somebody has scaled the StatefulSet ${name} to no pods`;
}

/** Why the API server can't be asked, from any error on the path to it, including an unreadable kubeconfig. */
export function unreachedApiServer(error: unknown): Unreached {
  return { at: "API server", reason: reasonOf(error), status: unreachableIn(error)?.status };
}

/**
 * Observes Kafka once: its nodes, StatefulSets, pods and volume claims in Kubernetes, and its brokers' own answers.
 *
 * @throws Unreachable if the API server itself can't be reached
 */
export async function lookAtKafka(apiServer: AdminApiClient, name: string, namespace: string): Promise<LiveKafka> {
  const [nodes, sets, pods, claims] = await Promise.all([
    apiServer.list<KubernetesNode>("/api/v1/nodes"),
    apiServer.list<StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`),
    apiServer.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io/name=kafka`),
    apiServer.list<Claim>(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`),
  ]);
  const inKubernetes = { nodes, sets, pods, claims };
  const plan = runningPlan(name, namespace, sets);
  if (!plan) return { ...inKubernetes, kafka: { failure: `there is no StatefulSet ${namespace}/${name}` } };
  const failures: Error[] = [];
  const connection = connectionThrough(apiServer, plan, failures);
  const kafka = await Promise.all([layoutOf(connection), quorumOf(connection)]).then(
    ([layout, quorum]) => ({ layout, quorum }),
    (error: Error) => silenceOf(failures, error),
  );
  return { ...inKubernetes, kafka };
}

/**
 * Why Kafka doesn't answer. If at least one broker was reached, its error counts rather than those on the way to the
 * others.
 *
 * @param failures error of each broker that was asked
 * @param last the last error
 * @throws the error of a mistake in the program, if there is one
 */
export function silenceOf(failures: readonly Error[], last: Error): { failure: string } | { unreached: Unreached } {
  const all = [...failures, last];
  const mistake = all.find(isMistake);
  if (mistake) throw mistake;
  const own = all.find((error) => !unreachableIn(error));
  if (own) return { failure: reasonOf(own) };
  return { unreached: { at: "brokers", reason: reasonOf(last), status: unreachableIn(last)!.status } };
}

/**
 * A connection to Kafka through the API server, which forwards a port of each broker's pod. The first part of a
 * broker's host name is its pod's name.
 *
 * @param failures collects the error of each broker that can't be asked
 */
export function connectionThrough(
  apiServer: AdminApiClient,
  { namespace, nodes, brokers }: KafkaPlan,
  failures: Error[] = [],
): Connection {
  const addresses = nodes
    .filter(({ id }) => brokers.includes(id))
    .map(({ host }) => ({ host, port: listeners.cluster.port }));
  return new Connection(addresses, async (host, port, request) => {
    const pod = host.split(".")[0]!;
    try {
      return await askOver(await apiServer.connect(namespace, pod, port), pod, request);
    } catch (error) {
      failures.push(error as Error);
      throw error;
    }
  });
}

/** All existing runs of a program. @param program value of `PROGRAM_LABEL` on its Jobs */
export function runsOf(apiServer: AdminApiClient, namespace: string, program: string): Promise<EndedJob[]> {
  return apiServer.list(`/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${PROGRAM_LABEL}=${program}`);
}

/** The newest run of a program; undefined if none is left. */
export async function lastRun(
  apiServer: AdminApiClient,
  namespace: string,
  program: string,
): Promise<LastRun | undefined> {
  const jobs = (await runsOf(apiServer, namespace, program)) as (EndedJob & {
    spec: { template: { metadata: { annotations?: Record<string, string> } } };
  })[];
  const [job] = jobs.sort((one, other) =>
    other.metadata.creationTimestamp.localeCompare(one.metadata.creationTimestamp),
  );
  return (
    job && {
      name: job.metadata.name,
      succeeded: job.status.succeeded === 1,
      drift: job.spec.template.metadata.annotations?.[DRIFT_ANNOTATION] ?? "",
    }
  );
}
