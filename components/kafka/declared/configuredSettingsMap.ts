import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { configuredSettingsName } from "../plan/topicNames";

/**
 * Where topics' Jobs note which settings the config has set, one key a topic. A setting that is taken out of the config can so be
 * told from one that others have made, which stays. Kafka's topics have no place for such a note.
 */
export function configuredSettingsMap(plan: KafkaPlan, opts: pulumi.CustomResourceOptions): void {
  const name = configuredSettingsName(plan);
  new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: plan.namespace } }, opts);
}
