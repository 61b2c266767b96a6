import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { hasMarks } from "../../hosts/labels";
import { actions } from "../actions";
import { type HostStepContext, stepOnControlPlane } from "./hostStep";
import { labelInputs } from "./labelPlan";
import { mustRun } from "./stepResult";

/**
 * Sets a worker's role, and the labels and taints of the config; a control plane that has none of these needs no such step.
 * Taken back when the last of them goes; with the node they go by themselves.
 *
 * @param allowed fails where they may not be set
 */
export function label(
  context: HostStepContext,
  host: Host,
  allowed: pulumi.Output<unknown>,
  node: remote.Command,
): remote.Command | undefined {
  if (host.role === "control-plane" && !hasMarks(host)) return undefined;
  const inputs = allowed.apply(() => labelInputs(host));
  // Else a replacement would set the labels before it takes back those from before, which are the same.
  const options = { deletedWith: node, deleteBeforeReplace: true };
  const labelled = stepOnControlPlane(context, host, actions.labels, inputs, node, options);
  return mustRun(context, host, actions.labels, labelled, context.controlPlanes[0]);
}
