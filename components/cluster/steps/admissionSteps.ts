import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { admitInputs } from "./admissionPlan";
import { type Before, hostStep, type HostStepContext, stepOnControlPlane } from "./hostStep";
import { resultOf } from "./stepResult";

/** The step that lets a host join, and the control plane that it ran on. */
export interface Admitted {
  readonly command: remote.Command;
  readonly by: Host;
}

/** Makes the host's key to join with, which stays there, and asks for its certificate. Needs no cluster yet. */
export function request(context: HostStepContext, host: Host, before: Before): remote.Command {
  return hostStep(context, host, actions.request, {}, before);
}

/**
 * Has a control plane sign what the host asks for. Where the host is a worker, the Node that another machine of its name has
 * left is removed.
 *
 * @param by @default the first control plane
 */
export function admit(
  context: HostStepContext,
  host: Host,
  requested: remote.Command,
  before: readonly pulumi.Resource[],
  by: Host = context.controlPlanes[0],
): Admitted {
  const asked = resultOf(requested, jsonText, { host: host.name, step: actions.request.name });
  const inputs = pulumi
    .all([host.address, asked])
    .apply(([address, printed]) => admitInputs(host.role, address, printed));
  const command = stepOnControlPlane(context, host, actions.admit, inputs, [requested, ...before], {}, by);
  return { command, by };
}

/**
 * Has another control plane let this one join, the first of the list where it isn't that itself. While the cluster is being made,
 * the first one asks the second, which is no member yet and has nothing to sign. Undefined where there is no other one.
 */
export function admitControlPlane(
  context: HostStepContext,
  host: Host,
  prepared: ReadonlyMap<Host, remote.Command>,
  before: readonly pulumi.Resource[],
): Admitted | undefined {
  const by = context.controlPlanes.find((other) => other !== host);
  if (!by) return undefined;
  return admit(context, host, request(context, host, prepared.get(host)), [prepared.get(by)!, ...before], by);
}

/** What admit.sh has printed. */
export function admissionOf({ command, by }: Admitted): pulumi.Output<string> {
  return resultOf(command, jsonText, { host: by.name, step: actions.admit.name });
}

/** @throws Error where it isn't JSON */
function jsonText(text: string): string {
  JSON.parse(text);
  return text;
}
