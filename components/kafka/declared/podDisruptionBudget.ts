import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "../plan/labels";
import type { KafkaPlan, KafkaPool } from "../plan/kafkaPlan";

/**
 * Lets evictions take one node of a pool at a time: with three replicas and three voters, one may be down.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export function podDisruptionBudget(plan: KafkaPlan, pool: KafkaPool, opts: pulumi.CustomResourceOptions): void {
  new k8s.policy.v1.PodDisruptionBudget(
    pool.name,
    {
      metadata: { name: pool.name, namespace: plan.namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: labels(pool) }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    },
    opts,
  );
}
