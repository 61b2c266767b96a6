/** Annotation of a StatefulSet. The drain writes it: the number of pods down to which the StatefulSet may shrink. */
export const DRAINED_ANNOTATION = "kubeadm-kafka/drained";

/**
 * Value of `DRAINED_ANNOTATION`. It holds until the StatefulSet's spec changes: replicas that come after that were not
 * drained.
 *
 * @param count number of pods down to which the StatefulSet may shrink
 * @param generation `metadata.generation` of the StatefulSet
 * @example "to 3 at generation 7"
 */
export function drainedMark(count: number, generation: number): string {
  return `to ${count} at generation ${generation}`;
}

/**
 * Annotation of the brokers' StatefulSet, which an administrator sets: name of the host that may be taken out although
 * that interrupts Kafka more than a roll does. It is removed once the host is back.
 */
export const MAY_INTERRUPT_ANNOTATION = "kubeadm-kafka/may-interrupt";

/**
 * Annotation of a disruption budget: the host whose pods the budget has just been told not to count, and when. Its only
 * purpose is to change: Kubernetes doesn't count anew when a pod's label changes so that the budget no longer selects it.
 *
 * @example "worker-1 at 2026-11-28T20:00:00.000Z"
 */
export const LEAVING_ANNOTATION = "kubeadm-kafka/leaving";

/** Annotation of the brokers' StatefulSet: their defaults that decide which records are deleted, as JSON. */
export const DEFAULTS_ANNOTATION = "kubeadm-kafka/keeps-records";

/** Annotation of a StatefulSet: the version of Kafka that its pods are to run. */
export const VERSION_ANNOTATION = "kubeadm-kafka/version";

/** Annotation of a StatefulSet: the newest version of Kafka with which one of its pods has been ready. */
export const RAN_ANNOTATION = "kubeadm-kafka/has-run";

/** Value of `RAN_ANNOTATION` while no pod has been ready. */
export const NONE_HAS_RUN = "0.0.0";

/** Annotation of a StatefulSet: the step of encryption that its pods are to have. None: `open`. See encryption.ts. */
export const ENCRYPTION_ANNOTATION = "kubeadm-kafka/security";

/** Annotation of a StatefulSet: the step of encryption that all pods have had, since a roll was complete. None: `open`. */
export const ENCRYPTION_RAN_ANNOTATION = "kubeadm-kafka/security-ran";

/** Annotation of a StatefulSet: the planned number of nodes. See `nodesNote`. */
export const NODES_ANNOTATION = "kubeadm-kafka/nodes";

/** A StatefulSet on the cluster. */
interface LiveNodes {
  /** Its `spec.replicas`, whoever has set that. */
  readonly pods: number;
  /** `metadata.generation`, which each change of the number raises. */
  readonly generation: number;
  /** Value of its `NODES_ANNOTATION`. @default none */
  readonly note?: string | undefined;
}

/**
 * Value of `NODES_ANNOTATION`. It changes with the planned number, and each time somebody has scaled the StatefulSet.
 *
 * @param count planned number of nodes
 * @param live the StatefulSet as it is; undefined if there is none, or if the API server didn't answer
 * @example "3", "3, and not 5 as at generation 7"
 */
export function nodesNote(count: number, live: LiveNodes | undefined): string {
  const isOfThisPlan = live?.note?.split(",")[0] === String(count);
  if (!live || !isOfThisPlan) return String(count);
  return live.pods === count ? live.note : `${count}, and not ${live.pods} as at generation ${live.generation}`;
}
