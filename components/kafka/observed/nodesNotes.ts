import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import { NODES_ANNOTATION, nodesNote } from "../plan/annotations";
import type { StatefulSet } from "../changes/workloads";
import type { KafkaPlan } from "../plan/kafkaPlan";

/**
 * The numbers of nodes to note on the StatefulSets, by their names. If somebody has scaled one, its note is new, so that `up`
 * applies it again. Without a new note, Pulumi would see no change, since it compares only with what it applied last.
 */
export function notesOfNodes(
  plan: KafkaPlan,
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<Record<string, string>> {
  return pulumi.unsecret(kubeconfig.apply((text) => liveNotes(new AdminApiClient(text), plan)));
}

/** If the API server doesn't answer, the notes are the planned numbers: it is unknown whether somebody has scaled a StatefulSet. */
export async function liveNotes(
  apiServer: Pick<AdminApiClient, "list">,
  { pools, namespace }: KafkaPlan,
): Promise<Record<string, string>> {
  const sets = await apiServer
    .list<StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`)
    .catch((error: Error): StatefulSet[] => {
      if (isMistake(error)) throw error;
      return [];
    });
  return Object.fromEntries(
    pools.map(({ name, nodes }) => {
      const live = sets.find(({ metadata }) => metadata.name === name);
      return [
        name,
        nodesNote(
          nodes.length,
          live && {
            pods: live.spec.replicas,
            generation: live.metadata.generation,
            note: live.metadata.annotations?.[NODES_ANNOTATION],
          },
        ),
      ];
    }),
  );
}
