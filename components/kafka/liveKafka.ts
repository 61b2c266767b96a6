import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../cluster/apiServer";
import { DRIFT_ANNOTATION, PROGRAM_LABEL } from "../programs/labels";
import type { Pod, StatefulSet } from "./changes/pods";
import {
  driftOf,
  type EndedJob,
  kafkaProblems,
  type KubernetesNode,
  type LastRoll,
  type LiveKafka,
  runningPlan,
} from "./healthReport";
import { listeners, type KafkaPlan } from "./plan";
import { askOver } from "./protocol/ask";
import { Connection } from "./protocol/connection";
import { layoutOf } from "./protocol/partitions";
import { quorumOf } from "./protocol/quorum";

export interface KafkaToLookAt {
  /** Of the KafkaCluster, and its namespace. */
  readonly name: string;
  readonly namespace: string;
  readonly kubeconfig: pulumi.Output<string>;
  /** What has to be done before an `up` looks; a preview looks at once. */
  readonly after: pulumi.Output<unknown>;
}

/** How often Kafka is looked at before what is wrong with it is told: a follower may be late for a moment. */
const LOOKS = 5;
const BETWEEN_LOOKS_MS = 1000;

/**
 * Why Kafka isn't well, in previews as well, so that its Jobs and its verification run again: the words differ after each run.
 * Where it is well, or can't be seen, the words are those that the last run was made with, which plan nothing.
 */
export function whyKafkaIsUnwell({ name, namespace, kubeconfig, after }: KafkaToLookAt): pulumi.Output<string> {
  // No input of the words: those of a preview would be unknown.
  const isDone = new Promise<void>((resolve) => after.apply(() => resolve()));
  const words = kubeconfig.apply(async (text): Promise<string> => {
    if (!pulumi.runtime.isDryRun()) await isDone;
    let run: LastRoll | undefined;
    try {
      const apiServer = new ApiServer(text);
      run = await lastRoll(apiServer, name, namespace);
      const problems = run ? await lastingProblems(apiServer, name, namespace) : [];
      if (problems.length > 0) {
        await pulumi.log.warn(
          `Kafka isn't well, so its last report doesn't hold: it is verified again. ${problems.join("; ")}`,
        );
      }
      return driftOf(run, problems);
    } catch (error) {
      await pulumi.log.warn(`Kafka can't be asked how it is now: ${(error as Error).message}`);
      return driftOf(run, []);
    }
  });
  return pulumi.unsecret(words);
}

/** @throws Error where the API server doesn't answer */
export async function lookAtKafka(apiServer: ApiServer, name: string, namespace: string): Promise<LiveKafka> {
  const [nodes, sets, pods] = await Promise.all([
    apiServer.list<KubernetesNode>("/api/v1/nodes"),
    apiServer.list<StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`),
    apiServer.list<Pod>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io/name=kafka`),
  ]);
  const plan = runningPlan(name, namespace, sets);
  if (!plan) return { nodes, sets, pods, kafka: { failure: `there is no StatefulSet ${namespace}/${name}` } };
  const connection = connectionThrough(apiServer, plan);
  const kafka = await Promise.all([layoutOf(connection), quorumOf(connection)]).then(
    ([layout, quorum]) => ({ layout, quorum }),
    (error: Error) => ({ failure: error.message }),
  );
  return { nodes, sets, pods, kafka };
}

/** Kafka by way of the API server: a broker's pod has the first part of its name. */
export function connectionThrough(apiServer: ApiServer, { namespace, nodes, brokers }: KafkaPlan): Connection {
  const addresses = nodes
    .filter(({ id }) => brokers.includes(id))
    .map(({ host }) => ({ host, port: listeners.cluster.port }));
  return new Connection(addresses, async (host, port, request) => {
    const pod = host.split(".")[0]!;
    return askOver(await apiServer.connect(namespace, pod, port), pod, request);
  });
}

/** Runs of a program, by the name that is the same for each. */
export function runsOf(apiServer: ApiServer, namespace: string, program: string): Promise<EndedJob[]> {
  return apiServer.list(`/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${PROGRAM_LABEL}=${program}`);
}

async function lastRoll(apiServer: ApiServer, name: string, namespace: string): Promise<LastRoll | undefined> {
  const jobs = (await runsOf(apiServer, namespace, `${name}-roll`)) as (EndedJob & {
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

async function lastingProblems(apiServer: ApiServer, name: string, namespace: string): Promise<string[]> {
  for (let looks = 1; ; looks++) {
    const live = await lookAtKafka(apiServer, name, namespace);
    const plan = runningPlan(name, namespace, live.sets);
    const problems = plan ? kafkaProblems(plan, live) : [`there is no StatefulSet ${namespace}/${name}`];
    if (problems.length === 0 || looks === LOOKS) return problems;
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
}
