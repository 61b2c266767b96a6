import type { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import type { StatefulSet } from "../changes/workloads";

/** The StatefulSets in a namespace; undefined if the API server doesn't answer, since nothing is known of them then. */
export async function liveSets(
  apiServer: Pick<AdminApiClient, "list">,
  namespace: string,
): Promise<StatefulSet[] | undefined> {
  try {
    return await apiServer.list<StatefulSet>(`/apis/apps/v1/namespaces/${namespace}/statefulsets`);
  } catch (error) {
    if (isMistake(error)) throw error;
    return undefined;
  }
}

/** Which of these StatefulSets somebody has deleted; none if nothing is known of them. */
export function deletedSets(names: readonly string[], live: readonly StatefulSet[] | undefined): string[] {
  return live ? names.filter((name) => !live.some(({ metadata }) => metadata.name === name)) : [];
}
