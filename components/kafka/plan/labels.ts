import type { KafkaPool } from "./kafkaPlan";

/**
 * Label of a pod whose host is about to be taken out: its eviction was judged with that of all other pods on the host,
 * so the disruption budget, which would permit only one of them, doesn't apply to it.
 */
export const LEAVING_LABEL = "kubeadm-kafka/leaving";

/** Label of the Secret with a user's login: the user's name. */
export const USER_LABEL = "kubeadm-kafka/user";

/** Labels of one pod of a pool. */
export function podLabels(pool: Pick<KafkaPool, "name">, pod: string): Record<string, string> {
  return { ...labels(pool), "statefulset.kubernetes.io/pod-name": pod };
}

/** Labels of a pool's pods. They can't change, since a StatefulSet's selector is immutable. */
export function labels({ name }: Pick<KafkaPool, "name">): Record<string, string> {
  return { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": name };
}
