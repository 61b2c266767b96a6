import * as pulumi from "@pulumi/pulumi";

import { isMistake, reasonOf } from "../components/failures";
import type { KeptNetwork } from "../config/keptNetwork";
import type { KeptVersions, Unread } from "../config/keptVersions";
import { recordedNetwork } from "./recordedNetwork";
import { type RecordedResource, recordedVersions } from "./recordedVersions";

/**
 * The versions that the stack runs, and whether it is open, by its state as the last `up` has left it, whether that succeeded or not.
 *
 * The engine's function that reads a stack's resources is in no documentation, and has been there since 2019. A stack reference, which
 * is documented, has only the outputs of the last `up` that succeeded: docs/decisions/versions.md.
 *
 * @see https://github.com/pulumi/pulumi/pull/2487
 */
export async function keptVersions(): Promise<(KeptVersions & KeptNetwork) | Unread> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  try {
    const state: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName });
    const { outputs } = state as { outputs: Readonly<Record<string, RecordedResource>> };
    const resources = Object.values(outputs);
    return { ...recordedVersions(resources), ...recordedNetwork(resources) };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unread: reasonOf(error) };
  }
}
