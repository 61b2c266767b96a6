import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { usersOf } from "../changes/user";
import type { UserTask } from "../changes/task";
import { isNothing, remainsOf, type User, userDifferences } from "../changes/userDifference";
import { decoded, type LoginState, loginState } from "../changes/userSecret";
import type { KafkaCluster } from "../kafkaCluster";
import { AUTHORITIES_FILE, authoritiesName } from "../plan/certificates";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { USER_LABEL } from "../plan/labels";
import { loginServers } from "../plan/userNames";
import { whyUnreached } from "./healthReport";
import { type JobRun, runsBeside } from "./jobRuns";
import { connectionThrough, silenceOf, unreachedApiServer } from "./liveKafka";

/** Users and the runs of their Jobs, as observed; without passwords. */
export interface RunningUsers {
  readonly runs: readonly JobRun[];
  /** The config's users; undefined if Kafka wasn't asked or didn't answer. */
  readonly users?: ReadonlyMap<string, RunningUser>;
}

/** A user as Kafka and Kubernetes have it. */
interface RunningUser {
  readonly inKafka: User;
  readonly login: LoginState;
}

/**
 * Observes users, in previews as well, and changes nothing, as `lookAtTopics` does topics.
 *
 * @param names names of the users; if empty, nothing is asked
 */
export function lookAtUsers(
  kafka: KafkaCluster,
  names: readonly string[],
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<RunningUsers> {
  // In an update, users are observed after Kafka's changes.
  const observed = pulumi
    .all([kubeconfig, kafka.changeId])
    .apply(async ([text]): Promise<RunningUsers> =>
      names.length === 0 ? { runs: [] } : runningUsers(new AdminApiClient(text), kafka.plan, names),
    );
  return pulumi.unsecret(observed);
}

/** @param names names of the users, at least one */
export async function runningUsers(
  apiServer: AdminApiClient,
  plan: KafkaPlan,
  names: readonly string[],
): Promise<RunningUsers> {
  let runs: JobRun[] = [];
  try {
    runs = await runsBeside(apiServer, plan);
    const logins = await loginsIn(apiServer, plan, names);
    const failures: Error[] = [];
    const users = await usersOf(connectionThrough(apiServer, plan, failures), names).catch((error: Error) => {
      const silence = silenceOf(failures, error);
      warn("unreached" in silence ? whyUnreached(silence.unreached) : `${silence.failure}.`);
      return undefined;
    });
    if (!users) return { runs };
    const found = names.map((name) => [name, { inKafka: users.get(name)!, login: logins.get(name)! }] as const);
    return { runs, users: new Map(found) };
  } catch (error) {
    if (isMistake(error)) throw error;
    warn(whyUnreached(unreachedApiServer(error)));
    return { runs };
  }
}

function warn(why: string): void {
  void pulumi.log.warn(
    `It is unknown how Kafka's users are: ${why} Only what has changed in the config is planned for them.`,
  );
}

/**
 * The drift to declare on a user's Job. If the user has drifted since the last run, the text is new, so that the Job runs again. If
 * it hasn't, or is unknown, the text is the last run's, which plans nothing. The first run's text says how an existing user would
 * change.
 *
 * @param program value of `PROGRAM_LABEL` on the user's Jobs
 */
export function userDrift(task: UserTask, program: string, { runs, users }: RunningUsers): string {
  const { user } = task;
  const run = runs.find((each) => each.program === program);
  const found = users?.get(user.name);
  if (!found) return run?.drift ?? "";
  const drift = userDifferences(user, found.inKafka, found.login);
  const text = drift.length > 0 ? `${user.name}: ${drift.join("; ")}` : "";
  if (!run) return isNothing(remainsOf(found.inKafka)) ? "" : text;
  if (!run.succeeded || run.task !== JSON.stringify(task)) return "";
  return drift.length > 0 ? `after ${run.name}: ${text}` : run.drift;
}

/** What users' Secrets say of their logins, by the users' names. */
async function loginsIn(
  apiServer: AdminApiClient,
  plan: KafkaPlan,
  names: readonly string[],
): Promise<Map<string, LoginState>> {
  const core = `/api/v1/namespaces/${plan.namespace}`;
  const [secrets, [authority]] = await Promise.all([
    apiServer.list<{ metadata: { labels: Record<string, string> }; data?: Record<string, string> }>(
      `${core}/secrets?labelSelector=${USER_LABEL}`,
    ),
    apiServer.list<{ data: Record<string, string> }>(
      `${core}/configmaps?fieldSelector=metadata.name=${authoritiesName(plan.name)}`,
    ),
  ]);
  const files = new Map(secrets.map(({ metadata, data }) => [metadata.labels[USER_LABEL]!, decoded(data)]));
  const authorities = authority?.data[AUTHORITIES_FILE] ?? "";
  const access = { bootstrapServers: loginServers(plan), authorities };
  return new Map(names.map((name) => [name, loginState(files.get(name), { ...access, username: name })]));
}
