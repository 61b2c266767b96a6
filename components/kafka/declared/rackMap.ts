import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** Rack of each Kubernetes node that brokers may run on, by its name. */
export type Racks = Readonly<Record<string, string>>;

/** Name of the ConfigMap with the nodes' racks, which brokers' pods mount. */
export function rackMapName(plan: KafkaPlan): string {
  return `${plan.name}-racks`;
}

/**
 * Gives each broker the rack of the Kubernetes node that it runs on, as one file per node. Brokers read it when they
 * start. A new host or a changed rack updates the ConfigMap in place, so that no pod is rolled.
 */
export function rackMap(plan: KafkaPlan, racks: Racks, opts: pulumi.CustomResourceOptions): k8s.core.v1.ConfigMap {
  const name = rackMapName(plan);
  return new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: plan.namespace }, data: { ...racks } }, opts);
}
