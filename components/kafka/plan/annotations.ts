/** Annotation of a StatefulSet by which a drain says down to how many pods it may shrink. */
export const DRAINED_ANNOTATION = "kubeadm-kafka/drained";

/** Holds until the StatefulSet's spec changes: what is put onto its brokers after that was not drained. */
export function drainedMark(count: number, generation: number): string {
  return `to ${count} at generation ${generation}`;
}

/** Annotation of the brokers' StatefulSet that has what they keep of topics without settings of their own, as JSON. */
export const DEFAULTS_ANNOTATION = "kubeadm-kafka/keeps-records";

/** Annotation of a StatefulSet that has the version of Kafka which its pods are to run. */
export const VERSION_ANNOTATION = "kubeadm-kafka/version";

/** Annotation of a StatefulSet that has the newest version of Kafka with which one of its pods has been ready. */
export const RAN_ANNOTATION = "kubeadm-kafka/has-run";

/** Value of that note where no pod has been ready yet. */
export const NONE_HAS_RUN = "0.0.0";
