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
 * Refuses to change a StatefulSet that somebody has deleted, with the remedy (KK827). Without it, the error is only that the
 * StatefulSet was not found. Tests without an engine get no hooks, since only an engine calls them.
 */
export function hooksOfSets(namespace: string, kubeconfig: pulumi.Output<string>): pulumi.ResourceHookBinding {
  if (!pulumi.runtime.hasEngine()) return {};
  const refuseDeleted = new pulumi.ResourceHook(`deleted StatefulSets of ${namespace}`, async ({ name }) => {
    // Known by now: Pulumi's provider needs it as well.
    const text = await new Promise<string>((resolve) => kubeconfig.apply(resolve));
    const deleted = await deletedSets(new AdminApiClient(text), namespace, [name]);
    if (deleted.length > 0) throw new Refusal(somebodyDeleted(deleted));
  });
  return { beforeUpdate: [refuseDeleted] };
}
