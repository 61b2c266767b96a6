import { Lease } from "../../programs/inPod/lease";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { podCertificate } from "../../programs/inPod/podCertificate";
import { runProgram } from "../../programs/inPod/run";
import { userJobName } from "../plan/userNames";
import { askWith } from "../protocol/ask";
import { Connection, parseAddresses } from "../protocol/connection";
import { refuseToDelete } from "./brokerDefaults";
import { drain } from "./drain";
import { refuseToGrowUnanswered } from "./growing";
import { afterReturn, beforeTakingOut, nodeAndMoment } from "./hostGate";
import {
  authoritiesIn,
  brokersSet,
  configuredNamesIn,
  endRuns,
  markDrained,
  nodesOfPods,
  setsOf,
  unmarkDrained,
  userNamesIn,
  userSecretIn,
  volumesOfRemovedNodes,
} from "./kubernetesObjects";
import { adoptVolumes, setPolicies } from "./keptVolumes";
import { rebalance } from "./rebalance";
import { roll } from "./roll";
import { shrinkingSets } from "./shrinking";
import type {
  ChangeReport,
  ChangeTask,
  NodeReport,
  NodeTask,
  RemovedUsersReport,
  RemovedUsersTask,
  TopicReport,
  TopicTask,
  UserReport,
  UserTask,
} from "./task";
import { applyTopic } from "./topic";
import { applyUser, removeUsers } from "./user";

const started = performance.now();
const seconds = (): number => Math.round((performance.now() - started) / 100) / 10;
const log = (line: string): void => console.error(line);

/** A connection with the pod's certificate, if it has one. */
function connectionTo(bootstrapServers: string): Connection {
  return new Connection(parseAddresses(bootstrapServers), askWith(podCertificate));
}

/** Makes one change of a Kafka cluster, or finishes one that an interrupted run has begun. */
async function change(task: ChangeTask, kubernetes: PodApiClient): Promise<ChangeReport> {
  const kafka = connectionTo(task.bootstrapServers);
  const report = (done: Partial<ChangeReport>): ChangeReport => ({
    movedReplicas: 0,
    added: [],
    removed: [],
    replacedPods: [],
    cordoned: [],
    keptVolumes: [],
    ...done,
    seconds: seconds(),
  });

  const nodes = (): Promise<Map<string, string>> => nodesOfPods(kubernetes, task.namespace);
  switch (task.task) {
    case "drain": {
      await refuseToDelete(kafka, await brokersSet(kubernetes, task), task);
      const sets = await setsOf(kubernetes, task);
      if (sets.length === 0) {
        const adopted = await adoptVolumes(kubernetes, task);
        if (adopted.length > 0) log(`volumes of a deleted namespace come back: ${adopted.join(", ")}`);
      }
      await refuseToGrowUnanswered(kafka, kubernetes, task, sets);
      const shrinking = shrinkingSets(task, sets);
      if (shrinking.length === 0) return report({});
      const drained = await drain(kafka, task, sets, nodes, log);
      await setPolicies(kubernetes, task);
      await markDrained(kubernetes, task, shrinking);
      return report(drained);
    }
    case "roll":
      return report({ replacedPods: await roll(kafka, kubernetes, task, log) });
    case "rebalance": {
      await unmarkDrained(kubernetes, task);
      const rebalanced = await rebalance(kafka, task, nodes, log);
      return report({ ...rebalanced, keptVolumes: await volumesOfRemovedNodes(kubernetes, task) });
    }
  }
}

/** Brings one topic to what the config says. */
async function changeTopic(task: TopicTask, kubernetes: PodApiClient): Promise<TopicReport> {
  const kafka = connectionTo(task.bootstrapServers);
  const namespace = process.env.NAMESPACE!;
  const { configuredSettings, topic } = task;
  const configuredNames = configuredNamesIn(
    kubernetes,
    namespace,
    configuredSettings,
    topic.name,
    process.env.LISTING!,
  );
  const nodes = (): Promise<Map<string, string>> => nodesOfPods(kubernetes, namespace);
  const lease = new Lease({ kubernetes, namespace, name: task.movesLease, holder: process.env.JOB_NAME! });
  return { ...(await applyTopic(kafka, task, configuredNames, nodes, lease, log)), seconds: seconds() };
}

/** Brings one user to what the config says. */
async function changeUser(task: UserTask, kubernetes: PodApiClient): Promise<UserReport> {
  const kafka = connectionTo(task.bootstrapServers);
  const namespace = process.env.NAMESPACE!;
  const secret = userSecretIn(kubernetes, namespace, task.secret);
  const names = userNamesIn(kubernetes, namespace, task.users);
  const authorities = await authoritiesIn(kubernetes, namespace, task.authorities);
  return { ...(await applyUser(kafka, task, secret, names, authorities)), seconds: seconds() };
}

/** Takes away what users had that are no longer in the config. */
async function takeFromUsers(task: RemovedUsersTask, kubernetes: PodApiClient): Promise<RemovedUsersReport> {
  const kafka = connectionTo(task.bootstrapServers);
  const namespace = process.env.NAMESPACE!;
  const names = userNamesIn(kubernetes, namespace, task.users);
  const programOf = (user: string): string => userJobName({ name: task.cluster }, user);
  const endJobs = (users: readonly string[]): Promise<void> => endRuns(kubernetes, namespace, users.map(programOf));
  return { ...(await removeUsers(kafka, task, names, endJobs, log)), seconds: seconds() };
}

/** Judges whether a host may be taken out, or waits until Kafka is back on it. */
async function judgeNode(
  task: NodeTask,
  kubernetes: PodApiClient,
  earlierJobs: () => Promise<string[]>,
): Promise<NodeReport> {
  const { node, moment } = nodeAndMoment(process.env);
  const kafka = connectionTo(task.bootstrapServers);
  const passed =
    moment === "before"
      ? await beforeTakingOut(kafka, kubernetes, task, node, earlierJobs, log)
      : await afterReturn(kafka, kubernetes, task, node);
  return { node, moment, ...passed, seconds: seconds() };
}

const TASK = JSON.parse(process.env.TASK!) as ChangeTask | TopicTask | UserTask | RemovedUsersTask | NodeTask;
const FAILURES = {
  drain: "Kafka's brokers can't be removed",
  roll: "Kafka's pods can't be rolled",
  rebalance: "Kafka's partitions and votes can't be shared out",
  topic: "Kafka's topic can't be as configured",
  user: "Kafka's user can't be as configured",
  users: "Kafka's removed users still have rights",
  node: process.env.MOMENT === "after" ? "Kafka is not back" : "Kafka's host can't be taken out",
};
runProgram(
  FAILURES[TASK.task],
  (kubernetes, earlierJobs) => {
    if (TASK.task === "topic") return changeTopic(TASK, kubernetes!);
    if (TASK.task === "user") return changeUser(TASK, kubernetes!);
    if (TASK.task === "users") return takeFromUsers(TASK, kubernetes!);
    if (TASK.task === "node") return judgeNode(TASK, kubernetes!, earlierJobs);
    return change(TASK, kubernetes!);
  },
  // A gate must not end what an `up` does to Kafka; it waits until that has ended.
  TASK.task === "node" ? "left" : "removed",
);
