import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../../cluster/apiServer";
import { isMistake } from "../../failures";
import { Refusal } from "../../refusal";
import { BESIDE_LABEL, DRIFT_ANNOTATION, PROGRAM_LABEL } from "../../programs/labels";
import { namesIn } from "../changes/configuredNames";
import { topicsOf } from "../changes/topic";
import type { TopicTask } from "../changes/task";
import { deletionsOf, differences, whyItCannotBe, type Topic } from "../changes/topicDifference";
import type { KafkaCluster } from "../kafkaCluster";
import { whyUnreached } from "./healthReport";
import { connectionThrough, silenceOf, unreachedApiServer } from "./liveKafka";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { configuredSettingsName, TOPICS_BESIDE } from "../plan/topicNames";

/** A topic's Job. */
interface TopicRun {
  readonly name: string;
  /** What it runs, by a name that is the same for each run. */
  readonly program: string;
  /** What it was told, as JSON. */
  readonly task: string;
  readonly succeeded: boolean;
  /** What it ran again for, where the config had not changed. */
  readonly drift: string;
}

/** Topics and their Jobs as they are. */
export interface RunningTopics {
  readonly runs: readonly TopicRun[];
  /** Those of the config that there are; undefined where Kafka wasn't asked, or didn't answer. */
  readonly topics?: readonly Topic[];
  /** Which settings the config has set before, by topic. @default none: topics that no Job has looked after */
  readonly configured?: Readonly<Record<string, string>>;
}

/**
 * Looks how topics are, in previews as well, by way of the API server, which alone is sure to be reached from where Pulumi
 * runs. Changes nothing. What can't be seen is a warning, no failure: the Jobs know for themselves what to do.
 *
 * @param names of the topics; where there are none, nobody is asked
 */
export function lookAtTopics(
  kafka: KafkaCluster,
  names: readonly string[],
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<RunningTopics> {
  // After Kafka's changes.
  const seen = pulumi
    .all([kubeconfig, kafka.changeId])
    .apply(async ([text]): Promise<RunningTopics> =>
      names.length === 0 ? { runs: [] } : runningTopics(new ApiServer(text), kafka.plan, names),
    );
  return pulumi.unsecret(seen);
}

/** @param names of the topics, of which there is one at least */
export async function runningTopics(
  apiServer: ApiServer,
  plan: KafkaPlan,
  names: readonly string[],
): Promise<RunningTopics> {
  let runs: TopicRun[] = [];
  try {
    runs = await topicRuns(apiServer, plan);
    const configured = await configuredBefore(apiServer, plan);
    const failures: Error[] = [];
    const topics = await topicsOf(connectionThrough(apiServer, plan, failures), names).catch(async (error: Error) => {
      const silence = silenceOf(failures, error);
      await warn("unreached" in silence ? whyUnreached(silence.unreached) : `${silence.failure}.`);
      return undefined;
    });
    return { runs, configured, ...(topics && { topics }) };
  } catch (error) {
    if (isMistake(error)) throw error;
    await warn(whyUnreached(unreachedApiServer(error)));
    return { runs };
  }
}

function warn(why: string): Promise<void> {
  return pulumi.log.warn(
    `It is unknown how Kafka's topics are: ${why} Only what has changed in the config is planned for them.`,
  );
}

/**
 * What makes a topic's Job run again, for people to read: the topic's drift since the last run, unique per run, or records that
 * a changed config deletes. Where the topic is as it was left, or can't be seen, the last run's text, which plans nothing.
 *
 * @param program that the topic's Job runs
 * @throws Refusal where the topic can't become what it has to be
 */
export function driftOf(task: TopicTask, program: string, { runs, topics, configured = {} }: RunningTopics): string {
  const run = runs.find((each) => each.program === program);
  if (!topics) return run?.drift ?? "";
  const { topic } = task;
  const found = topics.find(({ name }) => name === topic.name);
  const before = namesIn(configured[topic.name]);
  const refusal = whyItCannotBe(topic, found, before);
  if (refusal !== undefined) throw new Refusal(refusal);
  const deletions = deletionsOf(topic, found, before).map(
    ({ setting, from, to }) => `${setting} from ${from} to ${to}`,
  );
  const deleted = deletions.length > 0 ? [`records may be deleted by ${deletions.join(", ")}`] : [];
  if (!run?.succeeded || run.task !== JSON.stringify(task)) {
    return deleted.length > 0 ? `${topic.name}: ${deleted.join()}` : "";
  }
  const drift = differences(topic, found, before);
  return drift.length > 0 ? `after ${run.name}: ${topic.name}: ${[...drift, ...deleted].join("; ")}` : run.drift;
}

async function configuredBefore(apiServer: ApiServer, plan: KafkaPlan): Promise<Record<string, string>> {
  const name = configuredSettingsName(plan);
  const [found] = await apiServer.list<{ data?: Record<string, string> }>(
    `/api/v1/namespaces/${plan.namespace}/configmaps?fieldSelector=metadata.name=${name}`,
  );
  return found?.data ?? {};
}

/** The part of a Job that says what it was told and how it ended. */
interface Job {
  metadata: { name: string; labels: Record<string, string> };
  spec: {
    template: {
      metadata: { annotations?: Record<string, string> };
      spec: { containers: [{ env: { name: string; value?: string }[] }] };
    };
  };
  status: { succeeded?: number };
}

async function topicRuns(apiServer: ApiServer, { namespace }: KafkaPlan): Promise<TopicRun[]> {
  const jobs = await apiServer.list<Job>(
    `/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${BESIDE_LABEL}=${TOPICS_BESIDE}`,
  );
  return jobs.map(({ metadata, spec: { template }, status }) => ({
    name: metadata.name,
    program: metadata.labels[PROGRAM_LABEL]!,
    task: template.spec.containers[0].env.find(({ name }) => name === "TASK")?.value ?? "",
    succeeded: status.succeeded === 1,
    drift: template.metadata.annotations?.[DRIFT_ANNOTATION] ?? "",
  }));
}
