import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { NODES_ANNOTATION, nodesNote } from "../plan/annotations";
import { somebodyDeleted, type StatefulSet } from "../changes/workloads";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { deletedSets, liveSets } from "./liveSets";

/**
 * The numbers of nodes to note on the StatefulSets, by their names. If somebody has scaled one, its note is new, so that `up`
 * applies it again. Without a new note, Pulumi would see no change, since it compares only with what it applied last.
 *
 * Warns first of StatefulSets that somebody has deleted: if one of these changes, Pulumi's own error only says that it was not found.
 * It can't be refused here, since an `up --refresh` makes it again, which the program doesn't know.
 *
 * @param recorded names of the StatefulSets in the stack's state
 */
export function notesOfNodes(
  plan: KafkaPlan,
  kubeconfig: pulumi.Output<string>,
  recorded: readonly string[],
): pulumi.Output<Record<string, string>> {
  const notes = kubeconfig.apply(async (text) => {
    const live = await liveSets(new AdminApiClient(text), plan.namespace);
    const deleted = deletedSets(recorded, live);
    if (deleted.length > 0) void pulumi.log.warn(somebodyDeleted(deleted));
    return liveNotes(plan, live);
  });
  return pulumi.unsecret(notes);
}

/** If nothing is known of the StatefulSets, the notes are the planned numbers: it is unknown whether somebody has scaled one. */
export function liveNotes({ pools }: KafkaPlan, sets: readonly StatefulSet[] | undefined): Record<string, string> {
  return Object.fromEntries(
    pools.map(({ name, nodes }) => {
      const live = sets?.find(({ metadata }) => metadata.name === name);
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
