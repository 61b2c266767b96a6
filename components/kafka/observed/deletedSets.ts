import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { Refusal } from "../../refusal";
import { somebodyDeleted } from "../changes/workloads";
import { deletedSets, liveSets } from "./liveSets";

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
    const deleted = deletedSets(names, await liveSets(new AdminApiClient(text), namespace));
    if (deleted.length > 0) throw new Refusal(somebodyDeleted(deleted));
  });
  return pulumi.unsecret(judged);
}
