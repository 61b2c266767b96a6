import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { clusterIdOf } from "./namespace";

/** Namespace of the ConfigMap with the id: nobody deletes it, and Kubernetes refuses to. */
const KEPT_IN = "kube-system";

/**
 * Kafka's cluster id: the uid that the namespace had when the cluster was made, in Kafka's notation. Volumes carry the id, and
 * outlive the namespace if somebody deletes that. Therefore a ConfigMap elsewhere keeps the id, and another namespace doesn't
 * change it. A cluster that is made again after a destroy gets another id.
 *
 * @param given the id of volumes that are to be used again @default the id that was kept
 */
export function keptClusterId(
  plan: KafkaPlan,
  namespace: k8s.core.v1.Namespace,
  given: string | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const name = `${plan.namespace}-${plan.name}-cluster-id`;
  const kept = new k8s.core.v1.ConfigMap(
    `${plan.name}-cluster-id`,
    { metadata: { name, namespace: KEPT_IN }, data: { clusterId: given ?? clusterIdOf(namespace) } },
    { ...opts, ...(given === undefined && { ignoreChanges: ["data"] }) },
  );
  return kept.data.apply(({ clusterId }) => clusterId!);
}
