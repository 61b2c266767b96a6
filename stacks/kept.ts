import type { KeptEncryption } from "../config/keptEncryption";
import type { KeptNetwork } from "../config/keptNetwork";
import type { KeptVersions, Unread } from "../config/keptVersions";
import { recordedEncryption } from "./recordedEncryption";
import { recordedNetwork } from "./recordedNetwork";
import type { RecordedResource } from "./recordedResources";
import { recordedVersions } from "./recordedVersions";

/**
 * What a stack keeps where its config names nothing: its versions, and whether it is open. With it, the step of encryption from which
 * it goes on.
 */
export function keptBy(
  recorded: readonly RecordedResource[] | Unread,
): (KeptVersions & KeptNetwork & KeptEncryption) | Unread {
  if ("unread" in recorded) return recorded;
  return { ...recordedVersions(recorded), ...recordedNetwork(recorded), ...recordedEncryption(recorded) };
}
