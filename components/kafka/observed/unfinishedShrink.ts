import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../../cluster/adminApiClient";
import { isMistake } from "../../failures";
import type { StatefulSet } from "../changes/workloads";
import { driftOf, type LastRun } from "./healthReport";
import { lastRun } from "./liveKafka";
import type { KafkaPlan } from "../plan/kafkaPlan";

/**
 * Why the drain has to run again though the plan hasn't changed, as its Job's drift. If an earlier `up` drained brokers
 * and ended before the StatefulSet shrank, they may have got replicas since then. If no pod is to be removed, the text
 * is the last drain's, which plans nothing.
 */
export function whyToDrainAgain(plan: KafkaPlan, kubeconfig: pulumi.Output<string>): pulumi.Output<string> {
  return pulumi.unsecret(kubeconfig.apply((text) => drainDrift(new AdminApiClient(text), plan)));
}

/** If the API server doesn't answer, nothing is planned: a smaller StatefulSet couldn't be applied either. */
export async function drainDrift(apiServer: AdminApiClient, plan: KafkaPlan): Promise<string> {
  let run: LastRun | undefined;
  try {
    run = await lastRun(apiServer, plan.namespace, `${plan.name}-drain`);
    const sets = await apiServer.list<StatefulSet>(`/apis/apps/v1/namespaces/${plan.namespace}/statefulsets`);
    return driftOf(run, podsToGo(plan, sets));
  } catch (error) {
    if (isMistake(error)) throw error;
    return driftOf(run, []);
  }
}

/** StatefulSets that have more pods than planned, in sentences. */
function podsToGo({ pools }: KafkaPlan, sets: readonly StatefulSet[]): string[] {
  return pools.flatMap(({ name, nodes }) => {
    const live = sets.find(({ metadata }) => metadata.name === name)?.spec.replicas ?? 0;
    return live > nodes.length ? [`${name} has ${live} pods, and ${nodes.length} are planned`] : [];
  });
}
