import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { hostStep, type HostStepContext } from "./hostStep";
import { podNetworkInputs, uncheckedWarning } from "./podNetworkPlan";
import { resultOf, runAgain } from "./stepResult";

/** Checks that pods' packets get through between this node and all others. Changes no host. */
export function checkPodNetwork(
  context: HostStepContext,
  host: Host,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args } = context;
  const inputs = host.address.apply((address) => podNetworkInputs(address, args));
  return hostStep(context, host, actions.podNetwork, inputs, [...before]);
}

/** A warning of the nodes that the check has left out; undefined where there is none. */
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
