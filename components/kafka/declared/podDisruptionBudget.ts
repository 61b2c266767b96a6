import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels, LEAVING_LABEL } from "../plan/labels";
import type { KafkaPlan, KafkaPool } from "../plan/kafkaPlan";

/**
 * Lets evictions take one node of a pool at a time: with three replicas and three voters, one may be down. If a host
 * with several nodes is taken out, the gate judges them together and labels their pods: then these may be evicted, and
 * count as unavailable, so that no other pod may.
 *
 * @see https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export function podDisruptionBudget(plan: KafkaPlan, pool: KafkaPool, opts: pulumi.CustomResourceOptions): void {
  new k8s.policy.v1.PodDisruptionBudget(
    pool.name,
    {
      metadata: { name: pool.name, namespace: plan.namespace },
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: labels(pool), matchExpressions: [{ key: LEAVING_LABEL, operator: "DoesNotExist" }] },
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    },
    opts,
  );
}
