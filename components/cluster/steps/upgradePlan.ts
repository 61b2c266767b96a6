import { releaseOf } from "../../artifacts/kubernetesReleases";
import { type ArtifactSource, mirrorInputs } from "../../artifacts/source";
import type { Role } from "../../hosts/host";
import type { ScriptInputs } from "../hostScript";
import { type HostTask, NO_TASK } from "../maintenancePlan";

/**
 * Workers that may be upgraded at the same time. With more than one, a gate must let nodes go that have none of its pods, and all
 * others one at a time.
 */
const WORKERS_AT_A_TIME = 1;

/** How long evicted pods may take to leave a node, in seconds. A broker gets two minutes to hand over its leaders. */
const EVICTION_SECONDS = "600";

/**
 * Inputs of before-upgrade.sh. They have only the host and what is due on it, so that nothing else repeats the step.
 */
export function beforeUpgradeInputs(role: Role, version: string, task = NO_TASK): ScriptInputs {
  return { ROLE: role, KUBERNETES_VERSION: version, ...taskInputs(task), EVICTION_SECONDS };
}

/** Inputs of upgrade.sh. */
export function upgradeInputs(role: Role, version: string, source: ArtifactSource, task = NO_TASK): ScriptInputs {
  const { criTools, kubernetesCni } = releaseOf(version);
  return {
    ROLE: role,
    KUBERNETES_VERSION: version,
    ...taskInputs(task),
    CRI_TOOLS: criTools,
    KUBERNETES_CNI: kubernetesCni,
    ...mirrorInputs(source),
  };
}

/**
 * Inputs of after-upgrade.sh.
 *
 * @param begun the result of before-upgrade.sh. No script reads it: it makes the step run again whenever an upgrade has begun.
 */
export function afterUpgradeInputs(version: string, begun: string, task = NO_TASK): ScriptInputs {
  return { KUBERNETES_VERSION: version, ...taskInputs(task), BEGUN: begun };
}

function taskInputs({ boot, updates }: HostTask): ScriptInputs {
  return { BOOT: boot, UPDATES: updates };
}

/**
 * The host whose upgrade has to end before this one's begins.
 *
 * @param controlPlanes in the config's order: one at a time, since etcd needs a majority
 * @param workers in the config's order, after all control planes
 * @returns undefined for the first host
 */
export function upgradedBefore<H>(host: H, controlPlanes: readonly H[], workers: readonly H[]): H | undefined {
  const at = workers.indexOf(host);
  if (at === -1) return controlPlanes[controlPlanes.indexOf(host) - 1];
  return workers[at - WORKERS_AT_A_TIME] ?? controlPlanes.at(-1);
}
