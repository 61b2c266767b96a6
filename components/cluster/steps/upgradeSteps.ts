import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { afterSteps } from "./afterSteps";
import { type Before, hostStep, type HostStepContext, stepOnControlPlane } from "./hostStep";
import { mustRun, resultOf } from "./stepResult";
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
 * @param earlier the last steps of hosts that are upgraded before these @default none
 * @returns the last step of each host
 */
export function upgradeAll(
  context: HostStepContext,
  order: UpgradeOrder,
  joined: ReadonlyMap<Host, remote.Command>,
  earlier: ReadonlyMap<Host, remote.Command> = new Map(),
): ReadonlyMap<Host, remote.Command> {
  const ended = new Map(earlier);
  for (const [host, node] of joined) {
    const previous = upgradedBefore(host, context.controlPlanes, order.workers);
    const first = [...order.prepared.values(), ...joined.values()];
    const awaited = onlyIfDue(order, previous ? [ended.get(previous)!] : first);
    const before = awaited.apply((steps) => [node, ...steps]);
    ended.set(host, upgrade(context, host, before));
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
  return isDue.apply((due) => afterSteps(kubeconfig, due ? [...steps.values()] : []));
}

/** Drains a node, upgrades it, and uncordons it. Draining and uncordoning need an administrator's rights. */
function upgrade(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { version, source } = context.args;
  const [first] = context.controlPlanes;
  const drained = stepOnControlPlane(
    context,
    host,
    actions.beforeUpgrade,
    beforeUpgradeInputs(host.role, version),
    before,
  );
  const upgraded = hostStep(context, host, actions.upgrade, upgradeInputs(host.role, version, source), [
    mustRun(context, host, actions.beforeUpgrade, drained, first),
  ]);
  const begun = resultOf(drained, (text) => text, { host: first.name, step: actions.beforeUpgrade.name });
  const uncordoned = stepOnControlPlane(
    context,
    host,
    actions.afterUpgrade,
    begun.apply((result) => afterUpgradeInputs(version, result)),
    mustRun(context, host, actions.upgrade, upgraded),
  );
  return mustRun(context, host, actions.afterUpgrade, uncordoned, first);
}
