import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../../cluster/apiServer";
import { unreachableIn } from "../../cluster/unreachable";
import { isMistake } from "../../failures";
import { DRIFT_ANNOTATION, PROGRAM_LABEL } from "../../programs/labels";
import type { Pod, StatefulSet } from "../changes/workloads";
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

export interface KafkaToLookAt {
  /** Of the KafkaCluster, and its namespace. */
  readonly name: string;
  readonly namespace: string;
  readonly kubeconfig: pulumi.Output<string>;
  /** What has to be done before an `up` looks; a preview looks at once. */
  readonly after: pulumi.Output<unknown>;
}

/** How often Kafka is looked at before what is wrong with it counts: a follower may be late for a moment. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 1000;
/** The same where all that is wrong is the path: a preview isn't to wait for a cluster that is switched off. */
const LOOKS_ALONG_A_FAILING_PATH = 2;
/** Where a look itself takes long, since whoever is asked is silent, two have to do. */
const LONGEST_LOOKING_MS = 15_000;

/**
 * Why Kafka isn't well, in previews as well, so that its Jobs and its verification run again: the text differs after each run.
 * Where it is well, or that is unknown, the text is the one that the last run was made with, which plans nothing. Unknown is a
 * warning with the reason and the remedy.
 */
export function whyKafkaIsUnwell({ name, namespace, kubeconfig, after }: KafkaToLookAt): pulumi.Output<string> {
  // No input of the text: that of a preview would be unknown.
  const isDone = new Promise<void>((resolve) => after.apply(() => resolve()));
  const drift = kubeconfig.apply(async (text): Promise<string> => {
    if (!pulumi.runtime.isDryRun()) await isDone;
    const { run, ...findings } = await lastingFindings(new ApiServer(text), name, namespace);
    const warning = warningOf(findings);
    if (warning !== undefined) await pulumi.log.warn(warning);
    return driftOf(run, findings.problems);
  });
  return pulumi.unsecret(drift);
}

/** What looking at Kafka several times has found, and its last roll. A Kafka that has neither a roll nor a StatefulSet is yet to be made. */
export async function lastingFindings(
  apiServer: ApiServer,
  name: string,
  namespace: string,
  betweenLooksMs = BETWEEN_LOOKS_MS,
): Promise<Findings & { run: LastRun | undefined }> {
  const since = Date.now();
  for (let looks = 1; ; looks++) {
    const found = await look(apiServer, name, namespace);
    const most = found.problems.length > 0 ? LOOKS : found.unreached ? LOOKS_ALONG_A_FAILING_PATH : 1;
    if (looks >= most || (looks > 1 && Date.now() - since > LONGEST_LOOKING_MS)) return found;
    await new Promise((resolve) => setTimeout(resolve, betweenLooksMs));
  }
}

async function look(
  apiServer: ApiServer,
  name: string,
  namespace: string,
): Promise<Findings & { run: LastRun | undefined }> {
  let run: LastRun | undefined;
  try {
    run = await lastRun(apiServer, namespace, `${name}-roll`);
    const live = await lookAtKafka(apiServer, name, namespace);
    const plan = runningPlan(name, namespace, live.sets);
    if (!run && !plan) return { run, problems: [] };
    const problems = plan ? kafkaProblems(plan, live) : [`there is no StatefulSet ${namespace}/${name}`];
    return { run, problems, unreached: "unreached" in live.kafka ? live.kafka.unreached : undefined };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { run, problems: [], unreached: unreachedApiServer(error) };
  }
}

/** Whatever keeps from asking the API server, also a kubeconfig that can't be read. */
export function unreachedApiServer(error: unknown): Unreached {
  return { at: "API server", reason: (error as Error).message, status: unreachableIn(error)?.status };
}

/** @throws Unreachable where the API server itself can't be asked */
export async function lookAtKafka(apiServer: ApiServer, name: string, namespace: string): Promise<LiveKafka> {
  const [nodes, sets, pods] = await Promise.all([
    apiServer.list<KubernetesNode>("/api/v1/nodes"),
    apiServer.list<StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`),
    apiServer.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io/name=kafka`),
  ]);
  const plan = runningPlan(name, namespace, sets);
  if (!plan) return { nodes, sets, pods, kafka: { failure: `there is no StatefulSet ${namespace}/${name}` } };
  const failures: Error[] = [];
  const connection = connectionThrough(apiServer, plan, failures);
  const kafka = await Promise.all([layoutOf(connection), quorumOf(connection)]).then(
    ([layout, quorum]) => ({ layout, quorum }),
    (error: Error) => silenceOf(failures, error),
  );
  return { nodes, sets, pods, kafka };
}

/**
 * Why Kafka doesn't answer. One broker that was reached and is silent says more than all that weren't reached.
 *
 * @param failures error of each broker that was asked
 * @param last error that the question has ended with
 * @throws the error that comes from a mistake in the program, if there is one
 */
export function silenceOf(failures: readonly Error[], last: Error): { failure: string } | { unreached: Unreached } {
  const all = [...failures, last];
  const mistake = all.find(isMistake);
  if (mistake) throw mistake;
  const own = all.find((error) => !unreachableIn(error));
  if (own) return { failure: own.message };
  return { unreached: { at: "brokers", reason: last.message, status: unreachableIn(last)!.status } };
}

/**
 * Kafka by way of the API server: a broker's pod has the first part of its name.
 *
 * @param failures gets the error of each broker that can't be asked
 */
export function connectionThrough(
  apiServer: ApiServer,
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

/** Runs of a program, by the name that is the same for each. */
export function runsOf(apiServer: ApiServer, namespace: string, program: string): Promise<EndedJob[]> {
  return apiServer.list(`/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${PROGRAM_LABEL}=${program}`);
}

/** The newest run of a program; undefined where none is left. */
export async function lastRun(apiServer: ApiServer, namespace: string, program: string): Promise<LastRun | undefined> {
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
