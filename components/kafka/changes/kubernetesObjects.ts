import { Fatal } from "../../failures";
import type { PodApiClient } from "../../programs/inPod/podApiClient";
import { PROGRAM_LABEL } from "../../programs/jobMarks";
import { Deadline } from "../../programs/inPod/waiting";
import { DRAINED_ANNOTATION, drainedMark } from "../plan/annotations";
import { AUTHORITIES_FILE } from "../plan/certificates";
import type { StatefulSet } from "./workloads";
import { poolOfBrokers } from "./shrinking";
import type { ChangeTask } from "./task";
import { namesIn, storedText, type ConfiguredNames } from "./configuredNames";
import type { UserNames } from "./user";
import { decoded, deletedSecret, type UserSecret } from "./userSecret";

const DEADLINE_SECONDS = 180;

/** The cluster's StatefulSets; none before the cluster exists. */
export async function setsOf(
  kubernetes: PodApiClient,
  task: Pick<ChangeTask, "namespace" | "pools">,
): Promise<StatefulSet[]> {
  const sets = await Promise.all(
    task.pools.map(({ name }) => kubernetes.find<StatefulSet>(statefulSetPath(task, name))),
  );
  return sets.filter((set) => set !== undefined);
}

/** The brokers' StatefulSet; undefined before the cluster exists. */
export function brokersSet(
  kubernetes: PodApiClient,
  task: Pick<ChangeTask, "namespace" | "pools" | "brokers">,
): Promise<StatefulSet | undefined> {
  return kubernetes.find<StatefulSet>(statefulSetPath(task, poolOfBrokers(task).name));
}

/**
 * Permits StatefulSets to shrink, since the nodes to remove are empty. The guard checks it: declared/changeGuard.ts.
 */
export async function markDrained(
  kubernetes: PodApiClient,
  task: ChangeTask,
  sets: readonly StatefulSet[],
): Promise<void> {
  for (const { metadata } of sets) {
    const { count } = task.pools.find(({ name }) => name === metadata.name)!;
    const annotations = { [DRAINED_ANNOTATION]: drainedMark(count, metadata.generation) };
    await kubernetes.patch(statefulSetPath(task, metadata.name), { metadata: { annotations } });
  }
}

/**
 * Withdraws the permission to shrink. If a shrink was taken back, brokers get replicas again and must not be removed.
 */
export async function unmarkDrained(kubernetes: PodApiClient, task: ChangeTask): Promise<void> {
  for (const { name } of task.pools) {
    const path = statefulSetPath(task, name);
    const { metadata } = await kubernetes.get<StatefulSet>(path);
    if (metadata.annotations?.[DRAINED_ANNOTATION] === undefined) continue;
    await kubernetes.patch(path, { metadata: { annotations: { [DRAINED_ANNOTATION]: null } } });
  }
}

/**
 * A topic's names in the ConfigMap `name`. Each topic has a key of its own, so that several Jobs can write at a time.
 *
 * @param listing uid of the topic's listing in the config
 */
export function configuredNamesIn(
  kubernetes: PodApiClient,
  namespace: string,
  name: string,
  topic: string,
  listing: string,
): ConfiguredNames {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const read = async (): Promise<string | undefined> =>
    (await kubernetes.get<{ data?: Record<string, string> }>(path)).data?.[topic];
  return {
    read: async (topicId) => namesIn(await read(), topicId, listing),
    write: async (topicId, names) => {
      const text = storedText({ names, listing, topicId });
      if (text !== (await read())) await kubernetes.patch(path, { data: { [topic]: text } });
    },
  };
}

/** The names of users, one key each in the ConfigMap `name`, so that several Jobs can write at a time. */
export function userNamesIn(kubernetes: PodApiClient, namespace: string, name: string): UserNames {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const patch = (names: readonly string[], value: string | null): Promise<void> =>
    kubernetes.patch(path, { data: Object.fromEntries(names.map((each) => [each, value])) });
  return {
    read: async () => Object.keys((await kubernetes.get<{ data?: Record<string, string> }>(path)).data ?? {}),
    add: (added) => patch([added], ""),
    remove: (removed) => patch(removed, null),
  };
}

/** Ends Jobs by the program that they run, and waits until their pods are gone. */
export async function endRuns(kubernetes: PodApiClient, namespace: string, programs: readonly string[]): Promise<void> {
  if (programs.length === 0) return;
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const runs = `${path}?labelSelector=${encodeURIComponent(`${PROGRAM_LABEL} in (${programs.join()})`)}`;
  await new Deadline(DEADLINE_SECONDS).waitUntil("the end of other Jobs", async () => {
    const found = await kubernetes.list<{ metadata: { name: string } }>(runs);
    for (const { metadata } of found) await kubernetes.remove(`${path}/${metadata.name}`);
    return found.map(({ metadata }) => `${metadata.name} is being stopped`);
  });
}

/** The Secret with a user's login. */
export function userSecretIn(kubernetes: PodApiClient, namespace: string, name: string): UserSecret {
  const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
  return {
    read: async () => {
      const found = await kubernetes.find<{ data?: Record<string, string> }>(path);
      if (!found) throw new Fatal(deletedSecret(name));
      return decoded(found.data);
    },
    write: (files) => {
      const data = Object.entries(files).map(([file, text]) => [file, Buffer.from(text).toString("base64")]);
      return kubernetes.patch(path, { data: Object.fromEntries(data) as Record<string, string> });
    },
  };
}

/** The certificates of the authorities, for clients. */
export async function authoritiesIn(kubernetes: PodApiClient, namespace: string, name: string): Promise<string> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${name}`;
  const { data } = await kubernetes.get<{ data: Record<string, string> }>(path);
  return data[AUTHORITIES_FILE]!;
}

/** Names of the volume claims of nodes that are no longer planned. */
export async function volumesOfRemovedNodes(kubernetes: PodApiClient, task: ChangeTask): Promise<string[]> {
  const claims = await kubernetes.list<{ metadata: { name: string } }>(
    `/api/v1/namespaces/${task.namespace}/persistentvolumeclaims`,
  );
  return claims
    .map(({ metadata }) => metadata.name)
    .filter((claim) =>
      task.pools.some(({ name, count }) => {
        const ordinal = new RegExp(`^data(?:-\\d+)?-${name}-(\\d+)$`).exec(claim)?.[1];
        return ordinal !== undefined && Number(ordinal) >= count;
      }),
    );
}

/** Names of the Kubernetes nodes that the namespace's pods run on, by the pods' names. */
export async function nodesOfPods(kubernetes: PodApiClient, namespace: string): Promise<Map<string, string>> {
  const pods = await kubernetes.list<{ metadata: { name: string }; spec: { nodeName?: string } }>(
    `/api/v1/namespaces/${namespace}/pods`,
  );
  return new Map(pods.flatMap(({ metadata, spec }) => (spec.nodeName ? [[metadata.name, spec.nodeName]] : [])));
}

export function statefulSetPath({ namespace }: Pick<ChangeTask, "namespace">, name: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/statefulsets/${name}`;
}
