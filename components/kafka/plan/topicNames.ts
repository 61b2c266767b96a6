import { createHash } from "node:crypto";
import type { KafkaPlan } from "./kafkaPlan";

/** Of the Jobs of topics, which may run beside each other. */
export const TOPICS_BESIDE = "topics";
/** Pulumi adds nine characters, and a Job's name has at most 63. */
const LONGEST_NAME = 54;

/** Name of the ConfigMap that has, by topic, which settings the config has set. */
export function configuredSettingsName({ name }: KafkaPlan): string {
  return `${name}-configured-settings`;
}

/**
 * Name of a topic's Job. Topics' names may be longer than Kubernetes' and have other characters: where its name can't be
 * taken as it is, what can is told from others by a hash.
 */
export function topicJobName({ name }: KafkaPlan, topic: string): string {
  const wanted = `${name}-topic-${topic}`;
  if (/^[a-z0-9-]*[a-z0-9]$/.test(wanted) && wanted.length <= LONGEST_NAME) return wanted;
  const hash = createHash("sha256").update(topic).digest("hex").slice(0, 8);
  const legal = wanted.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
  return `${legal.slice(0, LONGEST_NAME - hash.length - 1).replace(/-$/, "")}-${hash}`;
}
