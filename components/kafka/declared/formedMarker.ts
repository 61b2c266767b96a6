import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** Name of the ConfigMap, which pods mount if it exists. */
export function formedMarkerName(plan: KafkaPlan): string {
  return `${plan.name}-formed`;
}

/**
 * A ConfigMap that exists once all pods have been ready. If node 0 finds it and an empty volume, the node has lost its
 * volume and must not start a second quorum (see scripts/launch.sh).
 */
export function formedMarker(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  const name = formedMarkerName(plan);
  new k8s.core.v1.ConfigMap(
    name,
    { metadata: { name, namespace: plan.namespace }, data: { formed: "This Kafka cluster has been up.\n" } },
    opts,
  );
}
