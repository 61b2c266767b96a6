import type { remote } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { type HostStepContext, stepOnControlPlane } from "./hostStep";
import { labelInputs } from "./labelPlan";
import { mustRun } from "./stepResult";

/**
 * Sets a node's labels and taints, a worker's role, and the taint by which a control plane repels ordinary pods. Deleting the step
 * removes them; when the node is deleted, they go with it.
 *
 * @param allowed fails where labels and taints may not be set
 * @param node the step that joins the host
 * @returns undefined for a control plane without labels and taints
 */
export function label(
  context: HostStepContext,
  host: Host,
  allowed: pulumi.Output<unknown>,
  node: remote.Command,
): remote.Command | undefined {
  const marks = labelInputs(host, context.args.scheduleOnControlPlane);
  if (!marks) return undefined;
  const inputs = allowed.apply(() => marks);
  // By default a replacement would set the labels first, and then remove the old ones, which are the same.
  const options = { deletedWith: node, deleteBeforeReplace: true };
  const labelled = stepOnControlPlane(context, host, actions.labels, inputs, node, options);
  return mustRun(context, host, actions.labels, labelled, context.controlPlanes[0]);
}
