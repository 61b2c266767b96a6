import type { KeptNetwork } from "../config/keptNetwork";
import type { KeptVersions, Unread } from "../config/keptVersions";
import { recordedNetwork } from "./recordedNetwork";
import type { RecordedResource } from "./recordedResources";
import { recordedVersions } from "./recordedVersions";

/** What a stack keeps where its config names nothing: its versions, and whether it is open. */
export function keptBy(recorded: readonly RecordedResource[] | Unread): (KeptVersions & KeptNetwork) | Unread {
  return "unread" in recorded ? recorded : { ...recordedVersions(recorded), ...recordedNetwork(recorded) };
}
