import { ENCRYPTION_ANNOTATION } from "../components/kafka/plan/annotations";
import type { Encryption } from "../components/kafka/plan/encryption";
import type { KeptEncryption } from "../config/keptEncryption";
import { kafkaSets } from "./recordedKafka";
import type { RecordedResource } from "./recordedResources";

/** The step of encryption that the stack's last `up` has begun. */
export function recordedEncryption(resources: readonly RecordedResource[]): KeptEncryption {
  const [set] = kafkaSets(resources);
  return set ? { encryption: (set.metadata.annotations?.[ENCRYPTION_ANNOTATION] ?? "open") as Encryption } : {};
}
