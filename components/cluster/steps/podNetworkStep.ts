import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { hostStep, type HostStepContext } from "./hostStep";
import { podNetworkInputs, uncheckedWarning } from "./podNetworkPlan";
import { resultOf, runAgain } from "./stepResult";

/** Fails where pods' packets don't get through between this node and another one. Changes nothing on any host. */
export function checkPodNetwork(
  context: HostStepContext,
  host: Host,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args } = context;
  const inputs = host.address.apply((address) => podNetworkInputs(address, args));
  return hostStep(context, host, actions.podNetwork, inputs, [...before]);
}

/** What the check has left out, for a warning; undefined for nothing. */
export function uncheckedBy(
  { cluster, args }: HostStepContext,
  host: Host,
  checked: remote.Command,
): pulumi.Output<string | undefined> {
  const { name } = actions.podNetwork;
  const others = args.hosts.filter(({ lost }) => !lost).map((other) => other.name);
  const again = runAgain(`${cluster}-${host.name}-${name}`);
  const origin = { host: host.name, step: name, again };
  return resultOf(checked, (printed) => uncheckedWarning(host.name, printed, others, again), origin);
}
