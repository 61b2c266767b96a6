import { topicSettings } from "../protocol/configs";
import type { Connection } from "../protocol/connection";

export const VERIFICATION_TOPIC_PREFIX = "kubeadm-kafka-verification-";

/**
 * Setting that marks a verification's topic: a topic with the prefix but without this setting belongs to somebody else.
 * The value is a little more than a day, in milliseconds, and unlikely to be chosen by others.
 */
export const VERIFICATION_TOPIC_MARK = { name: "retention.ms", value: "86413579" } as const;

/**
 * Names of verifications' topics that exist: a verification is running, was killed, or brokers refuse to delete topics.
 */
export async function verificationTopics(kafka: Connection): Promise<string[]> {
  const { topics } = await kafka.describe();
  const names = topics.map(({ name }) => name!).filter((topic) => topic.startsWith(VERIFICATION_TOPIC_PREFIX));
  if (names.length === 0) return [];
  const settings = await topicSettings(kafka, names, [VERIFICATION_TOPIC_MARK.name]);
  return names.filter((topic) => settings.get(topic)?.[VERIFICATION_TOPIC_MARK.name] === VERIFICATION_TOPIC_MARK.value);
}
