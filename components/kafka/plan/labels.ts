import type { KafkaPool } from "./kafkaPlan";

/** Labels of one pod of a pool. */
export function podLabels(pool: Pick<KafkaPool, "name">, pod: string): Record<string, string> {
  return { ...labels(pool), "statefulset.kubernetes.io/pod-name": pod };
}

/** Labels of a pool's pods. They can't change, since a StatefulSet's selector is immutable. */
export function labels({ name }: Pick<KafkaPool, "name">): Record<string, string> {
  return { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": name };
}
