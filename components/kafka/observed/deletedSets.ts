import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { Refusal } from "../../refusal";
import { somebodyDeleted, type StatefulSet } from "../changes/workloads";

/**
 * Refuses to end well if somebody has deleted a StatefulSet, which Pulumi takes for unchanged. After a refresh Pulumi makes it again:
 * then its name comes when it has been made, and in a preview not at all.
 *
 * @param sets names of the StatefulSets that Pulumi has made, or takes for made
 * @throws Refusal with the remedy (KK827)
 */
export function refuseDeletedSets(
  sets: pulumi.Output<string[]>,
  namespace: string,
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<void> {
  const judged = pulumi.all([sets, kubeconfig]).apply(async ([names, text]) => {
    const deleted = await deletedSets(new AdminApiClient(text), namespace, names);
    if (deleted.length > 0) throw new Refusal(somebodyDeleted(deleted));
  });
  return pulumi.unsecret(judged);
}

/** Which of these StatefulSets are missing; none if the API server doesn't answer, since nothing is known of them then. */
export async function deletedSets(
  apiServer: Pick<AdminApiClient, "list">,
  namespace: string,
  names: readonly string[],
): Promise<string[]> {
  try {
    const sets = await apiServer.list<StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);
    return names.filter((name) => !sets.some(({ metadata }) => metadata.name === name));
  } catch (error) {
    if (isMistake(error)) throw error;
    return [];
  }
}

/**
 * Warns before a StatefulSet that somebody has deleted is changed: Pulumi's own error would only say that it was not found. It can't
 * be refused there, since an `up --refresh` makes it again, which the program doesn't know.
 *
 * @param recorded names of the StatefulSets in the stack's state
 */
export function warnOfDeletedSets(
  recorded: readonly string[],
  namespace: string,
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<void> {
  if (recorded.length === 0) return pulumi.output(undefined);
  const warned = kubeconfig.apply(async (text) => {
    const deleted = await deletedSets(new AdminApiClient(text), namespace, recorded);
    if (deleted.length > 0) void pulumi.log.warn(somebodyDeleted(deleted));
  });
  return pulumi.unsecret(warned);
}
