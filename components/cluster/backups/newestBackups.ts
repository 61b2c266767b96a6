import * as pulumi from "@pulumi/pulumi";
import { isMistake, reasonOf } from "../../failures";
import { AdminApiClient } from "../adminApiClient";
import { type BackedUpNode, type BackupReport, judgeBackups } from "./report";

/**
 * Reads the control planes' backups, in previews as well, and warns of what is wrong with them.
 *
 * @param after what an `up` waits for before it reads. A preview doesn't wait.
 * @returns the report; `unknown`, with the reason, where the API server can't be asked
 */
export function newestBackups(
  kubeconfig: pulumi.Output<string>,
  after: readonly pulumi.Resource[],
): pulumi.Output<BackupReport | { readonly unknown: string }> {
  const isDone = new Promise<void>((resolve) => pulumi.all(after.map(({ urn }) => urn)).apply(() => resolve()));
  const report = kubeconfig.apply(async (text) => {
    if (!pulumi.runtime.isDryRun()) await isDone;
    const found = await backupsNow(new AdminApiClient(text)).catch((error: unknown) => {
      if (isMistake(error)) throw error;
      return { unknown: reasonOf(error) };
    });
    if ("problems" in found) for (const problem of found.problems) await pulumi.log.warn(problem);
    return found;
  });
  return pulumi.unsecret(report);
}

/** The control planes' backups now. @throws Error where the API server doesn't answer */
export async function backupsNow(apiServer: AdminApiClient): Promise<BackupReport> {
  return judgeBackups(await apiServer.list<BackedUpNode>("/api/v1/nodes"), new Date());
}
