import * as pulumi from "@pulumi/pulumi";
import { isMistake, reasonOf } from "../failures";
import { Refusal } from "../refusal";
import { AdminApiClient } from "./adminApiClient";
import {
  judgeUpgrade,
  runsAnotherVersion,
  type RunningNode,
  type RunningPod,
  type UpgradeJudgement,
  type VersionedHost,
} from "./versionsPlan";

/** What decides whether a cluster is upgraded. */
export interface WantedVersion {
  /** The config's version. @example "1.35.4" */
  readonly version: string;
  readonly hosts: readonly VersionedHost[];
  /** The administrator's kubeconfig. */
  readonly kubeconfig: pulumi.Output<string>;
}

/**
 * Whether nodes have to be upgraded, in previews as well, which list what will happen.
 *
 * If the API server doesn't answer, this only warns, and the answer is that they have to be: the steps then wait for each other, ask
 * the API server themselves, and touch nothing before it has answered. The next `up` can so continue an upgrade during which the only
 * control plane died.
 *
 * @returns an output that resolves once nothing is refused
 * @throws Refusal in the output (KK900 to KK908)
 */
export function isUpgradeDue({ version, hosts, kubeconfig }: WantedVersion): pulumi.Output<boolean> {
  const due = kubeconfig.apply(async (text) => {
    const found = await upgradeNow(new AdminApiClient(text), version, hosts);
    if (found === "none") return false;
    if ("unseen" in found) {
      void pulumi.log.warn(
        `It is unknown which Kubernetes the nodes run, since the API server could not be asked (${found.unseen}). If kubernetes.version ` +
          "has changed, or an upgrade was interrupted, the hosts' steps ask it again before they touch anything.",
      );
      return true;
    }
    if (found.refusals.length > 0) throw new Refusal(found.refusals.join("\n"));
    for (const warning of found.warnings) void pulumi.log.warn(warning);
    if (pulumi.runtime.isDryRun()) void pulumi.log.info(found.plan.join("\n"));
    return true;
  });
  return pulumi.unsecret(due);
}

/** Judges an upgrade by what the API server says: `none` if there is nothing to upgrade, `unseen` if it can't be asked. */
export async function upgradeNow(
  apiServer: AdminApiClient,
  version: string,
  hosts: readonly VersionedHost[],
): Promise<UpgradeJudgement | "none" | { readonly unseen: string }> {
  try {
    const [nodes, apiServers] = await Promise.all([
      apiServer.list<RunningNode>("/api/v1/nodes"),
      apiServer.list<RunningPod>("/api/v1/namespaces/kube-system/pods?labelSelector=component%3Dkube-apiserver"),
    ]);
    if (!runsAnotherVersion(version, hosts, { nodes, apiServers })) return "none";
    const [pods, metrics] = await Promise.all([
      apiServer.list<RunningPod>("/api/v1/pods"),
      apiServer.getText("/metrics"),
    ]);
    return judgeUpgrade(version, hosts, { nodes, apiServers, pods, metrics });
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unseen: reasonOf(error) };
  }
}
