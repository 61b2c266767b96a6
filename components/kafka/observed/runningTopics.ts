import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { Refusal } from "../../refusal";
import { namesIn } from "../changes/configuredNames";
import { topicsOf } from "../changes/topic";
import type { TopicTask } from "../changes/task";
import { deletionsOf, differences, whyItCannotBe, type Topic } from "../changes/topicDifference";
import type { KafkaCluster } from "../kafkaCluster";
import { whyUnreached } from "./healthReport";
import { type JobRun, runsBeside } from "./jobRuns";
import { connectionThrough, silenceOf, unreachedApiServer } from "./liveKafka";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { configuredSettingsName } from "../plan/topicNames";

/** Topics and the runs of their Jobs, as observed. */
export interface RunningTopics {
  readonly runs: readonly JobRun[];
  /** The config's topics that exist; undefined if Kafka wasn't asked or didn't answer. */
  readonly topics?: readonly Topic[];
  /** Names of the settings that the config has set before, as they are stored, by topic. @default none */
  readonly configured?: Readonly<Record<string, string>>;
}

/**
 * Observes topics, in previews as well, and changes nothing. It goes through the API server, since brokers may not be
 * reachable from where Pulumi runs. If Kafka can't be reached, that is only a warning: the Jobs find out themselves
 * what to do.
 *
 * @param names names of the topics; if empty, nothing is asked
 */
export function lookAtTopics(
  kafka: KafkaCluster,
  names: readonly string[],
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<RunningTopics> {
  // In an update, topics are observed after Kafka's changes.
  const observed = pulumi
    .all([kubeconfig, kafka.changeId])
    .apply(async ([text]): Promise<RunningTopics> =>
      names.length === 0 ? { runs: [] } : runningTopics(new AdminApiClient(text), kafka.plan, names),
    );
  return pulumi.unsecret(observed);
}

/** @param names names of the topics, at least one */
export async function runningTopics(
  apiServer: AdminApiClient,
  plan: KafkaPlan,
  names: readonly string[],
): Promise<RunningTopics> {
  let runs: JobRun[] = [];
  try {
    runs = await runsBeside(apiServer, plan);
    const configured = await configuredBefore(apiServer, plan);
    const failures: Error[] = [];
    const topics = await topicsOf(connectionThrough(apiServer, plan, failures), names).catch(async (error: Error) => {
      const silence = silenceOf(failures, error);
      warn("unreached" in silence ? whyUnreached(silence.unreached) : `${silence.failure}.`);
      return undefined;
    });
    return { runs, configured, ...(topics && { topics }) };
  } catch (error) {
    if (isMistake(error)) throw error;
    warn(whyUnreached(unreachedApiServer(error)));
    return { runs };
  }
}

function warn(why: string): void {
  void pulumi.log.warn(
    `It is unknown how Kafka's topics are: ${why} Only what has changed in the config is planned for them.`,
  );
}

/**
 * The drift to declare on a topic's Job. If the topic has drifted since the last run, the text is new, so that the Job
 * runs again. If it hasn't, or is unknown, the text is the last run's, which plans nothing. The first run's text says how an
 * existing topic would change, and if a changed config deletes records, the text names the settings.
 *
 * @param program value of `PROGRAM_LABEL` on the topic's Jobs
 * @throws Refusal if the topic can't be changed to what the config says
 */
export function topicDrift(task: TopicTask, program: string, { runs, topics, configured = {} }: RunningTopics): string {
  const run = runs.find((each) => each.program === program);
  if (!topics) return run?.drift ?? "";
  const { topic } = task;
  const found = topics.find(({ name }) => name === topic.name);
  // Without a run, the config hasn't listed the topic until now.
  const before = run ? namesIn(configured[topic.name], found?.id) : [];
  const refusal = whyItCannotBe(topic, found, before);
  if (refusal !== undefined) throw new Refusal(refusal);
  const deletions = deletionsOf(topic, found, before).map(
    ({ setting, from, to }) => `${setting} from ${from} to ${to}`,
  );
  const deleted = deletions.length > 0 ? [`records may be deleted by ${deletions.join(", ")}`] : [];
  const drift = differences(topic, found, before);
  const inWords = (changes: readonly string[]): string =>
    changes.length > 0 ? `${topic.name}: ${changes.join("; ")}` : "";
  if (!run) return inWords(found ? [...drift, ...deleted] : []);
  if (!run.succeeded || run.task !== JSON.stringify(task)) return inWords(deleted);
  return drift.length > 0 ? `after ${run.name}: ${inWords([...drift, ...deleted])}` : run.drift;
}

async function configuredBefore(apiServer: AdminApiClient, plan: KafkaPlan): Promise<Record<string, string>> {
  const name = configuredSettingsName(plan);
  const [found] = await apiServer.list<{ data?: Record<string, string> }>(
    `/api/v1/namespaces/${plan.namespace}/configmaps?fieldSelector=metadata.name=${name}`,
  );
  return found?.data ?? {};
}
