import { topicSettings } from "./configs";
import type { Connection } from "./connection";

export const VERIFICATION_TOPIC_PREFIX = "kubeadm-kafka-verification-";

/**
 * Topics whose name begins with the prefix and that have this setting are the verification's; others with such a name
 * are somebody's. A little more than a day, by a number of milliseconds that nobody else would choose.
 */
export const VERIFICATION_TOPIC_MARK = { name: "retention.ms", value: "86413579" } as const;

/** Names of topics that verifications have made and not deleted: one is running, was killed, or brokers delete no topics. */
export async function verificationTopics(kafka: Connection): Promise<string[]> {
  const { topics } = await kafka.describe();
  const names = topics.map(({ name }) => name!).filter((topic) => topic.startsWith(VERIFICATION_TOPIC_PREFIX));
  if (names.length === 0) return [];
  const settings = await topicSettings(kafka, names, [VERIFICATION_TOPIC_MARK.name]);
  return names.filter((topic) => settings.get(topic)?.[VERIFICATION_TOPIC_MARK.name] === VERIFICATION_TOPIC_MARK.value);
}
