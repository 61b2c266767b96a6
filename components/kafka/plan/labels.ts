import type { KafkaPool } from "./kafkaPlan";

/** What marks one pod of a pool. */
export function podLabels(pool: Pick<KafkaPool, "name">, pod: string): Record<string, string> {
  return { ...labels(pool), "statefulset.kubernetes.io/pod-name": pod };
}

/** What marks the pods of a pool. A StatefulSet's selector can't change: neither can these. */
export function labels({ name }: Pick<KafkaPool, "name">): Record<string, string> {
  return { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": name };
}
