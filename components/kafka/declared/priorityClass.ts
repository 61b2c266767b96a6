import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";

/** Above pods without a class, which have 0; as far below Kubernetes' own as users' classes are, which may have 1,000,000,000. */
const PRIORITY = 1_000_000;

/**
 * Priority of Kafka's nodes over other pods. Their volumes are on one host each, so a node can't go elsewhere if other pods have
 * taken its room while it was away: the scheduler makes room then. A kubelet that is short of memory or disk also evicts other
 * pods first. The Jobs have no priority, since an `up` can be run again.
 *
 * @returns the name of the class
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/
 */
export function priorityClass(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const name = `${plan.namespace}-${plan.name}`;
  const description = `Nodes of the Kafka cluster ${plan.name} in the namespace ${plan.namespace}.`;
  return new k8s.scheduling.v1.PriorityClass(name, { metadata: { name }, value: PRIORITY, description }, opts).metadata
    .name;
}
