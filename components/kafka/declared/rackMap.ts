import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** Rack of each Kubernetes node that brokers may run on, by its name. */
export type Racks = Readonly<Record<string, string>>;

/** Name of the ConfigMap, which brokers' pods mount. */
export function rackMapName(plan: KafkaPlan): string {
  return `${plan.name}-racks`;
}

/**
 * Tells each broker the rack of the node that it runs on: one file a node. Another host, or another rack of one, changes the data in
 * place: the object never goes missing, and no pod is rolled. A broker reads its rack when it starts.
 */
export function rackMap(plan: KafkaPlan, racks: Racks, opts: pulumi.CustomResourceOptions): k8s.core.v1.ConfigMap {
  const name = rackMapName(plan);
  return new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: plan.namespace }, data: { ...racks } }, opts);
}
