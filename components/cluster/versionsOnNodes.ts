import * as pulumi from "@pulumi/pulumi";
import { isMistake, reasonOf } from "../failures";
import { Refusal } from "../refusal";
import { AdminApiClient } from "./adminApiClient";
import { type AddOn, downgradeRefusals, type RunningWorkload } from "./addOnsPlan";
import type { HostTask } from "./maintenancePlan";
import {
  isAnythingDue,
  judgeUpgrade,
  type RunningNode,
  type RunningPod,
  tasksOf,
  type UpgradeJudgement,
  uselessReboots,
  type VersionedHost,
  type WantedHosts,
  withoutReport,
} from "./versionsPlan";

/** What decides whether hosts are upgraded, updated or rebooted. */
export interface HostQuestion {
  readonly wanted: WantedHosts;
  readonly hosts: readonly VersionedHost[];
  /** What this checkout runs on the cluster, and must not be older than what runs. @default none */
  readonly addOns?: readonly AddOn[] | undefined;
  /** The administrator's kubeconfig. */
  readonly kubeconfig: pulumi.Output<string>;
}

/** What has to be done on hosts. */
export interface DueMaintenance {
  /** Whether a host has something to do. */
  readonly isDue: boolean;
  /** The task of each host, by its name, see taskOf. @default none */
  readonly tasks: Readonly<Record<string, HostTask>>;
}

/**
 * What has to be done on nodes, in previews as well, which list what will happen.
 *
 * If the API server doesn't answer, this only warns, and the answer is that something is due: the steps then wait for each
 * other, ask the API server themselves, and touch nothing before it has answered. The next `up` can so continue an upgrade during
 * which the only control plane died.
 *
 * @returns an output that resolves once nothing is refused
 * @throws Refusal in the output (KK900 to KK908, KK989)
 */
export function dueMaintenance({ wanted, hosts, addOns, kubeconfig }: HostQuestion): pulumi.Output<DueMaintenance> {
  const due = kubeconfig.apply(async (text) => {
    const found = await askAboutHosts(new AdminApiClient(text), wanted, hosts, addOns);
    if ("unseen" in found) {
      void pulumi.log.warn(
        `It is unknown which Kubernetes the nodes run, since the API server could not be asked (${found.unseen}). If kubernetes.version ` +
          "has changed, or an upgrade was interrupted, the hosts' steps ask it again before they touch anything.",
      );
      return { isDue: true, tasks: {} };
    }
    const { judgement, tasks, silent } = found;
    const refusals = [...found.refusals, ...(judgement?.refusals ?? [])];
    if (refusals.length > 0) throw new Refusal(refusals.join("\n"));
    for (const warning of [...found.warnings, ...(judgement?.warnings ?? [])]) void pulumi.log.warn(warning);
    const isPreview = pulumi.runtime.isDryRun();
    if (isPreview && judgement) void pulumi.log.info(judgement.plan.join("\n"));
    if (isPreview && silent.length > 0) void pulumi.log.info(withoutReportYet(silent));
    return { isDue: judgement !== undefined, tasks };
  });
  return pulumi.unsecret(due);
}

/** Hosts that are new, whose stack has just got `hosts.reboot` or `hosts.updates`, and hosts that can't report. */
const withoutReportYet = (hosts: readonly string[]): string =>
  `${hosts.join(", ")}: has not reported yet whether it needs a reboot or updates. If hosts.reboot or hosts.updates has just been ` +
  "set, it reports in this up, and gets in it what it needs. [KK986]";

/** What an API server says about hosts. */
export interface HostsNow {
  /** @default nothing is to be done */
  readonly judgement?: UpgradeJudgement;
  readonly tasks: Readonly<Record<string, HostTask>>;
  /** What is refused in any case, in sentences (KK989). */
  readonly refusals: readonly string[];
  /** What the user should know in any case, in sentences (KK985). */
  readonly warnings: readonly string[];
  /** Hosts that haven't reported yet. */
  readonly silent: readonly string[];
}

/** Judges what is to be done on hosts by what the API server says: `unseen` if it can't be asked. */
export async function askAboutHosts(
  apiServer: AdminApiClient,
  wanted: WantedHosts,
  hosts: readonly VersionedHost[],
  addOns: readonly AddOn[] = [],
): Promise<HostsNow | { readonly unseen: string }> {
  try {
    const [nodes, apiServers, ...workloads] = await Promise.all([
      apiServer.list<RunningNode>("/api/v1/nodes"),
      apiServer.list<RunningPod>("/api/v1/namespaces/kube-system/pods?labelSelector=component%3Dkube-apiserver"),
      ...addOns.map(({ path }) => apiServer.list<RunningWorkload>(path)),
    ]);
    const running = { nodes, apiServers };
    const now = {
      tasks: tasksOf(wanted, running),
      refusals: downgradeRefusals(addOns, workloads),
      warnings: uselessReboots(wanted, running),
      silent: withoutReport(wanted, hosts, running),
    };
    if (!isAnythingDue(wanted, hosts, running)) return now;
    const [pods, metrics] = await Promise.all([
      apiServer.list<RunningPod>("/api/v1/pods"),
      apiServer.getText("/metrics"),
    ]);
    return { ...now, judgement: judgeUpgrade(wanted, hosts, { ...running, pods, metrics }) };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unseen: reasonOf(error) };
  }
}
