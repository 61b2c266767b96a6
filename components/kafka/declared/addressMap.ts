import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** Name of the ConfigMap, which brokers' pods mount. */
export function addressMapName(plan: KafkaPlan): string {
  return `${plan.name}-addresses`;
}

/**
 * Tells each broker the address of its own Service, to advertise to clients that resolve no names: one file a pod. Another
 * broker changes the data in place: the object never goes missing, and no pod is rolled.
 *
 * @param services the brokers' own Services, see `brokerServices`
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
