import * as pulumi from "@pulumi/pulumi";

import { isMistake, reasonOf } from "../components/failures";
import type { Unread } from "../config/keptVersions";

/** A resource in a stack's state. Pulumi records one when it was made or changed, and never what failed. */
export interface RecordedResource {
  /** @example "command:remote:Command" */
  readonly type: string;
  readonly outputs: Readonly<Record<string, unknown>>;
}

/**
 * The resources of the stack's own state, as the last `up` or refresh has left it, whether that succeeded or not.
 *
 * The engine's function that reads a stack's resources is in no documentation, and has been there since 2019. A stack reference, which
 * is documented, has only the outputs of the last `up` that succeeded: docs/decisions/versions.md.
 *
 * @see https://github.com/pulumi/pulumi/pull/2487
 */
export async function recordedResources(): Promise<readonly RecordedResource[] | Unread> {
  const stackName = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  try {
    const state: unknown = await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName });
    const { outputs } = state as { outputs: Readonly<Record<string, RecordedResource>> };
    return Object.values(outputs);
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unread: reasonOf(error) };
  }
}
