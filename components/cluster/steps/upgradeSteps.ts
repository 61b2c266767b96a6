import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { type HostTask, NO_MAINTENANCE } from "../maintenancePlan";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { afterSteps } from "./afterSteps";
import { type Before, hostStep, type HostStepContext, stepOnControlPlane } from "./hostStep";
import { mustRun, resultOf } from "./stepResult";
import { afterUpgradeInputs, beforeUpgradeInputs, upgradedBefore, upgradeInputs } from "./upgradePlan";

/** What the upgrades, updates and reboots of a cluster's hosts have in common. */
export interface UpgradeOrder {
  /**
   * Whether hosts wait for each other. If nothing is due, the steps do nothing, and nobody has to wait: a chain over 100 workers
   * would cost every new cluster minutes.
   */
  readonly isDue: pulumi.Output<boolean>;
  /** What is done on a host, beside an upgrade. */
  readonly taskOf: (host: Host) => pulumi.Output<HostTask>;
  readonly workers: readonly Host[];
  /** Steps that must end before the first host is touched: they fetch what is installed, and may refuse it. */
  readonly prepared: ReadonlyMap<Host, remote.Command>;
}

/**
 * Upgrades nodes that run another version than the config's, and updates or reboots those that need it, one after the other;
 * on all others, and on new ones, the steps do nothing.
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
    ended.set(host, upgrade(context, host, order.taskOf(host), before));
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

/** Drains a node, upgrades, updates or reboots its host, and uncordons it. The first and the last need an administrator's rights. */
function upgrade(context: HostStepContext, host: Host, task: pulumi.Output<HostTask>, before: Before): remote.Command {
  const { version, source, maintenance = NO_MAINTENANCE } = context.args;
  const [first] = context.controlPlanes;
  const by = maintenance.reboot === "never" ? first : patient(first);
  const drained = stepOnControlPlane(
    context,
    host,
    actions.beforeUpgrade,
    task.apply((todo) => beforeUpgradeInputs(host.role, version, todo)),
    before,
    {},
    by,
  );
  const upgraded = hostStep(
    context,
    host,
    actions.upgrade,
    task.apply((todo) => upgradeInputs(host.role, version, source, todo)),
    [mustRun(context, host, actions.beforeUpgrade, drained, first)],
  );
  const begun = resultOf(drained, (text) => text, { host: first.name, step: actions.beforeUpgrade.name });
  const uncordoned = stepOnControlPlane(
    context,
    host,
    actions.afterUpgrade,
    pulumi.all([begun, task]).apply(([result, todo]) => afterUpgradeInputs(version, result, todo)),
    mustRun(context, host, actions.upgrade, upgraded),
    {},
    by,
  );
  return mustRun(context, host, actions.afterUpgrade, uncordoned, first);
}

/** The host with a login that waits for its reboot, of a physical machine as well. */
function patient(host: Host): Host {
  const connection = pulumi.output(host.connection).apply(({ proxy, ...to }) => ({
    ...to,
    dialErrorLimit: DIALS,
    ...(proxy && { proxy: { ...proxy, dialErrorLimit: DIALS } }),
  }));
  return { ...host, connection };
}

/** Attempts to log in, with five seconds in between: half an hour. */
const DIALS = 360;
