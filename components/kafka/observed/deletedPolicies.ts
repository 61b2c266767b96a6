import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { Refusal } from "../../refusal";
import { liveSets } from "./liveSets";

/**
 * Refuses to end well if somebody has deleted a network policy, which Pulumi takes for unchanged: the network wouldn't be closed as the
 * config says. After a refresh Pulumi makes it again.
 *
 * @param policies names of the policies that Pulumi has made, or takes for made
 * @throws Refusal with the remedy (KK569)
 */
export function refuseDeletedPolicies(
  policies: pulumi.Output<readonly string[]>,
  namespace: string,
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<void> {
  const judged = pulumi.all([policies, kubeconfig]).apply(async ([names, text]) => {
    const deleted = names.length > 0 ? await deletedPolicies(new AdminApiClient(text), namespace, names) : [];
    if (deleted.length > 0) throw new Refusal(notClosed(deleted, namespace));
  });
  return pulumi.unsecret(judged);
}

/**
 * Which of these policies somebody has deleted; none if the API server doesn't answer, or if the StatefulSets are gone as well, since
 * `refuseDeletedSets` says then that the namespace was deleted.
 */
export async function deletedPolicies(
  apiServer: Pick<AdminApiClient, "list">,
  namespace: string,
  names: readonly string[],
): Promise<string[]> {
  try {
    const path = `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`;
    const live = await apiServer.list<{ metadata: { name: string } }>(path);
    const deleted = names.filter((name) => !live.some(({ metadata }) => metadata.name === name));
    return deleted.length > 0 && (await liveSets(apiServer, namespace))?.length ? deleted : [];
  } catch (error) {
    if (isMistake(error)) throw error;
    return [];
  }
}

function notClosed(deleted: readonly string[], namespace: string): string {
  return (
    `somebody has deleted the NetworkPolicy ${deleted.join(" and ")} of the namespace ${namespace}, so that the network isn't closed as ` +
    "the config says. bin/pulumi refresh notices that, and bin/pulumi up after it makes the policy again. [KK569]"
  );
}
