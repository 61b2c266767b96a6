import type { KafkaPlan } from "./plan";

/** What marks the pods of a Kafka cluster. A StatefulSet's selector can't change: neither can these. */
export function labels(plan: KafkaPlan): Record<string, string> {
  return { "app.kubernetes.io/name": "kafka", "app.kubernetes.io/instance": plan.name };
}
