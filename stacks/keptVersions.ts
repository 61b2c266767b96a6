import * as pulumi from "@pulumi/pulumi";

import { isMistake, reasonOf } from "../components/failures";
import type { KeptVersions, Unread } from "../config/keptVersions";
import { type RecordedResource, recordedVersions } from "./recordedVersions";

/**
 * The versions that the stack runs, by its state as the last `up` has left it, whether that succeeded or not.
 *
 * The engine's function that reads a stack's resources is in no documentation, and has been there since 2019. A stack reference, which
 * is documented, has only the outputs of the last `up` that succeeded: docs/decisions/versions.md.
 *
 * @see https://github.com/pulumi/pulumi/pull/2487
 */
export async function keptVersions(): Promise<KeptVersions | Unread> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  try {
    const state: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName });
    const { outputs } = state as { outputs: Readonly<Record<string, RecordedResource>> };
    return recordedVersions(Object.values(outputs));
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unread: reasonOf(error) };
  }
}
