import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { configuredSettingsName } from "../plan/topicNames";

/**
 * The ConfigMap in which topics' Jobs store the names of the settings that the config has set, one key per topic. By
 * these names, a setting that was taken out of the config is told from one that was made by other means, which stays.
 * Kafka has no place for such data at a topic.
 */
export function configuredSettingsMap(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  const name = configuredSettingsName(plan);
  new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: plan.namespace } }, opts);
}
