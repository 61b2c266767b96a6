import type { Connection } from "./connection";
import { failOn } from "./errors";
import { apiVersions, updateFeatures } from "./requests";

const METADATA_VERSION = "metadata.version";
const UPGRADE = 1;
const TIMEOUT_MS = 30_000;

/**
 * Levels of the metadata format in use, and of the newest one that the brokers know.
 *
 * @see org.apache.kafka.server.common.MetadataVersion for the levels
 */
export async function metadataVersionOf(kafka: Connection): Promise<{ used: number; newest: number }> {
  const answer = await kafka.ask(apiVersions, { clientName: "kubeadm-kafka", clientVersion: "1" });
  failOn("the brokers' features can't be read", answer);
  const max = (features: readonly { name: string; max: number }[] = []): number =>
    features.find(({ name }) => name === METADATA_VERSION)?.max ?? 0;
  return { used: max(answer.finalized), newest: max(answer.supported) };
}

/** Raises the metadata format. Kafka refuses a level that not all of its nodes know. @see KIP-584 (feature versions) */
export async function raiseMetadataVersion(kafka: Connection, level: number): Promise<void> {
  const features = [{ name: METADATA_VERSION, level, upgradeType: UPGRADE }];
  failOn(
    "the metadata format can't be raised",
    await kafka.ask(updateFeatures, { timeoutMs: TIMEOUT_MS, features, validateOnly: false }),
  );
}
