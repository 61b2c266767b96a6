import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { admitInputs } from "./admissionPlan";
import { type Before, hostStep, type HostStepContext, stepOnControlPlane } from "./hostStep";
import { resultOf } from "./stepResult";

/** The step that lets a host join, and the control plane that it runs on. */
export interface Admitted {
  readonly command: remote.Command;
  readonly signer: Host;
}

/** Generates the host's key to join with, which stays there, and a request for its certificate. Needs no cluster. */
export function request(context: HostStepContext, host: Host, before: Before): remote.Command {
  return hostStep(context, host, actions.request, {}, before);
}

/**
 * Signs a host's request on a control plane. If another machine has left a Node of the worker's name, the step removes that Node.
 *
 * @param requested the host's `request` step
 * @param signer control plane that signs @default the first one
 */
export function admit(
  context: HostStepContext,
  host: Host,
  requested: remote.Command,
  before: pulumi.Input<readonly pulumi.Resource[]>,
  signer: Host = context.controlPlanes[0],
): Admitted {
  const certificateRequest = resultOf(requested, jsonText, { host: host.name, step: actions.request.name });
  const inputs = pulumi
    .all([host.address, certificateRequest])
    .apply(([address, printed]) => admitInputs(host.role, address, printed));
  const after = pulumi.output(before).apply((steps) => [requested, ...steps]);
  const command = stepOnControlPlane(context, host, actions.admit, inputs, after, {}, signer);
  return { command, signer };
}

/**
 * Signs a control plane's request on another one: on the first of the list, or on the second if the host is the first. While the
 * cluster is being created, the second one is no member yet, and its step does nothing.
 *
 * @returns undefined where there is no other control plane
 */
export function admitControlPlane(
  context: HostStepContext,
  host: Host,
  prepared: ReadonlyMap<Host, remote.Command>,
  before: readonly pulumi.Resource[],
): Admitted | undefined {
  const signer = context.controlPlanes.find((other) => other !== host);
  if (!signer) return undefined;
  return admit(context, host, request(context, host, prepared.get(host)), [prepared.get(signer)!, ...before], signer);
}

/** The result of admit.sh. */
export function admissionOf({ command, signer }: Admitted): pulumi.Output<string> {
  return resultOf(command, jsonText, { host: signer.name, step: actions.admit.name });
}

/** @throws Error where the text isn't JSON */
function jsonText(text: string): string {
  JSON.parse(text);
  return text;
}
