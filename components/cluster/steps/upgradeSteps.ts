import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { type Before, hostStep, type HostStepContext, stepOnControlPlane } from "./hostStep";
import { mustRun } from "./stepResult";
import { afterUpgradeInputs, beforeUpgradeInputs, upgradedBefore, upgradeInputs } from "./upgradePlan";

/** What the upgrades of a cluster's hosts have in common. */
export interface UpgradeOrder {
  /**
   * Whether hosts wait for each other. If nothing is upgraded, the steps do nothing, and nobody has to wait: a chain over 100 workers
   * would cost every new cluster minutes.
   */
  readonly isDue: pulumi.Output<boolean>;
  readonly workers: readonly Host[];
  /** Steps that must end before the first host is touched: they fetch what is installed, and may refuse it. */
  readonly prepared: ReadonlyMap<Host, remote.Command>;
}

/**
 * Upgrades nodes that run another version than the config's, one after the other; on all others, and on new ones, the steps do
 * nothing.
 *
 * @param joined the step that joins each of the hosts
 * @param before the last steps of hosts that were upgraded already @default none
 * @returns the last step of each host
 */
export function upgradeAll(
  context: HostStepContext,
  order: UpgradeOrder,
  joined: ReadonlyMap<Host, remote.Command>,
  before: ReadonlyMap<Host, remote.Command> = new Map(),
): ReadonlyMap<Host, remote.Command> {
  const ended = new Map(before);
  for (const [host, node] of joined) {
    const previous = upgradedBefore(host, context.controlPlanes, order.workers);
    const after = onlyIfDue(order, previous ? [ended.get(previous)!] : [...order.prepared.values()]);
    ended.set(
      host,
      upgrade(
        context,
        host,
        after.apply((steps) => [node, ...steps]),
      ),
    );
  }
  return ended;
}

/** The resources, if an upgrade is due; otherwise none. */
export function onlyIfDue(
  { isDue }: UpgradeOrder,
  steps: readonly pulumi.Resource[],
): pulumi.Output<pulumi.Resource[]> {
  return isDue.apply((due) => (due ? [...steps] : []));
}

/** The kubeconfig, once no step of an upgrade is left: objects of the cluster, and all who read it, wait for that. */
export function afterUpgrade(
  { isDue }: UpgradeOrder,
  steps: ReadonlyMap<Host, remote.Command>,
  kubeconfig: pulumi.Output<string>,
): pulumi.Output<string> {
  // In a preview, the outputs of steps that will run are unknown, and the kubeconfig must not be. URNs are known.
  const ended = isDue.apply((due) => pulumi.all(due ? [...steps.values()].map(({ urn }) => urn) : []));
  return pulumi.all([kubeconfig, ended]).apply(([text]) => text);
}

/** Frees a node of its pods, upgrades it, and lets pods return. The first and the last need an administrator's rights. */
function upgrade(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { version, source } = context.args;
  const [first] = context.controlPlanes;
  const { beforeUpgrade, upgrade: itself, afterUpgrade: afterwards } = actions;
  const freed = stepOnControlPlane(context, host, beforeUpgrade, beforeUpgradeInputs(host.role, version), before);
  const upgraded = hostStep(context, host, itself, upgradeInputs(host.role, version, source), [
    mustRun(context, host, beforeUpgrade, freed, first),
  ]);
  const ended = stepOnControlPlane(context, host, afterwards, afterUpgradeInputs(version), [
    mustRun(context, host, itself, upgraded),
  ]);
  return mustRun(context, host, afterwards, ended, first);
}
