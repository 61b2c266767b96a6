import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** Name of the ConfigMap with the brokers' addresses, which their pods mount. */
export function addressMapName(plan: KafkaPlan): string {
  return `${plan.name}-addresses`;
}

/**
 * Gives each broker the address of its own Service, as one file per pod. Brokers advertise it to clients that can't
 * resolve the cluster's names. Adding a broker updates the ConfigMap in place, so that no pod is rolled.
 *
 * @param services the brokers' own Services, from `brokerServices`
 */
export function addressMap(
  plan: KafkaPlan,
  services: readonly k8s.core.v1.Service[],
  opts: pulumi.CustomResourceOptions,
): k8s.core.v1.ConfigMap {
  const name = addressMapName(plan);
  const addresses = services.map(({ metadata, spec }) => pulumi.all([metadata.name, spec.clusterIP]));
  const data = pulumi.all(addresses).apply((entries) => Object.fromEntries(entries));
  return new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: plan.namespace }, data }, opts);
}
