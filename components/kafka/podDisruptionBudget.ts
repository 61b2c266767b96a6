import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labels } from "./labels";
import type { KafkaPlan } from "./plan";

/** Draining nodes takes one broker at a time: with three copies and three voters, one may be away. */
export function podDisruptionBudget(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  new k8s.policy.v1.PodDisruptionBudget(
    plan.name,
    {
      metadata: { name: plan.name, namespace: plan.namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: labels(plan) }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
    },
    opts,
  );
}
