import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { KafkaPlan } from "../plan/kafkaPlan";
import { topicJobName } from "../plan/topicNames";

/**
 * A ConfigMap that exists as long as the config lists a topic. By its uid, the topic's Job tells settings that this config has set
 * from those of an earlier listing, which others may have changed since: they are no longer the config's.
 *
 * @returns the uid
 */
export function topicListing(
  plan: KafkaPlan,
  topic: string,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const name = topicJobName(plan, topic);
  const metadata = { name, namespace: plan.namespace };
  return new k8s.core.v1.ConfigMap(name, { metadata, data: { topic } }, opts).metadata.uid;
}
