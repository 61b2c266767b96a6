import type { Unread } from "../config/keptVersions";
import type { RecordedResource } from "./recordedResources";

/**
 * Whether a stack has, or has had, users of Kafka: the list of their names is in its state from the first one on. Without it nobody
 * would take the rights of the last user. If the state can't be read, it may have had some.
 */
export function hasHadUsers(recorded: readonly RecordedResource[] | Unread): boolean {
  if ("unread" in recorded) return true;
  return recorded.some(({ type, outputs }) => {
    const { metadata } = outputs as { metadata?: { name?: string; namespace?: string } };
    return (
      type === "kubernetes:core/v1:ConfigMap" && metadata?.namespace === "kafka" && metadata.name === "kafka-users"
    );
  });
}
