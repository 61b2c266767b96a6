import * as pulumi from "@pulumi/pulumi";
import { isMistake, reasonOf } from "../../failures";
import { AdminApiClient } from "../adminApiClient";
import { afterSteps } from "../steps/afterSteps";
import { type BackedUpNode, type BackupReport, judgeBackups } from "./report";

/**
 * Reads the control planes' backups, in previews as well, and warns of what is wrong with them.
 *
 * @param backedUp the steps that take backups, which an `up` waits for. A preview doesn't wait.
 * @returns the report; `unknown`, with the reason, where the API server can't be asked
 */
export function newestBackups(
  kubeconfig: pulumi.Output<string>,
  backedUp: readonly pulumi.Resource[],
): pulumi.Output<BackupReport | { readonly unknown: string }> {
  const report = afterSteps(kubeconfig, backedUp).apply(async (text) => {
    const found = await backupsNow(new AdminApiClient(text)).catch((error: unknown) => {
      if (isMistake(error)) throw error;
      return { unknown: reasonOf(error) };
    });
    if ("problems" in found) for (const problem of found.problems) void pulumi.log.warn(problem);
    return found;
  });
  return pulumi.unsecret(report);
}

/** The control planes' backups now. @throws Error where the API server doesn't answer */
export async function backupsNow(apiServer: AdminApiClient): Promise<BackupReport> {
  return judgeBackups(await apiServer.list<BackedUpNode>("/api/v1/nodes"), new Date());
}
