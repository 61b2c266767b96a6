import { createHash } from "node:crypto";
import type { KafkaPlan } from "./kafkaPlan";

/** Value of `BESIDE_LABEL` on topics' and users' Jobs: they may run at the same time. */
export const TOPICS_BESIDE = "topics";
/** Pulumi adds nine characters, and a Job's name has at most 63. */
const LONGEST_NAME = 54;

/** Name of the ConfigMap that stores, by topic, the names of the settings that the config has set. */
export function configuredSettingsName({ name }: KafkaPlan): string {
  return `${name}-configured-settings`;
}

/** Name of the Lease that a topic's Job holds while it moves replicas, since one limit of the rate applies to all moves. */
export function movesLeaseName({ name }: KafkaPlan): string {
  return `${name}-topic-moves`;
}

/**
 * Name of a topic's Job. A topic's name that is too long for Kubernetes, or has characters that Kubernetes refuses, is
 * shortened, with a hash to keep it unique.
 *
 * @example "kafka-topic-orders", "kafka-topic-orders-v2-1a2b3c4d" for the topic `Orders.v2`
 */
export function topicJobName({ name }: KafkaPlan, topic: string): string {
  const wanted = `${name}-topic-${topic}`;
  if (/^[a-z0-9-]*[a-z0-9]$/.test(wanted) && wanted.length <= LONGEST_NAME) return wanted;
  const hash = createHash("sha256").update(topic).digest("hex").slice(0, 8);
  const legal = wanted.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${legal.slice(0, LONGEST_NAME - hash.length - 1).replace(/-$/, "")}-${hash}`;
}
