import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions, type HostAction } from "../actions";
import type { ScriptInputs } from "../hostScript";
import { apiServerNames } from "./controlPlaneSteps";
import { keyAddInputs, keyInputs } from "./encryptionPlan";
import { type Before, hostStep, type HostStepContext, planned } from "./hostStep";
import { mustRun } from "./stepResult";

/**
 * Changes how API servers encrypt Secrets, if the config manages it: a pass over all control planes for each of three steps, of
 * which each begins when the one before has ended everywhere (see scripts/lib/encryption.sh).
 *
 * @param members the last steps of each control plane before
 * @param upgraded the last steps of an upgrade of the control planes: a restarted API server has the version that it had
 * @returns the last pass, or nothing
 */
export function changeKeys(
  context: HostStepContext,
  members: readonly remote.Command[],
  upgraded: pulumi.Output<pulumi.Resource[]>,
): readonly remote.Command[] {
  const { args } = context;
  const encryption = args.secretsEncryption;
  if (!encryption) return [];
  const inputs = (host: Host) => planned(host).apply((at) => keyInputs(at, args, encryption));
  const inputsToAdd = (host: Host) =>
    pulumi
      .all([planned(host), apiServerNames(context)])
      .apply(([at, names]) => keyAddInputs(at, args, encryption, names));

  // An API server may restart once, so they go one after the other.
  const added = context.controlPlanes.reduce<remote.Command[]>((before, host) => {
    const after = upgraded.apply((steps) => [...members, ...steps, ...before]);
    return [...before, keyStep(context, host, actions.keyAdd, inputsToAdd(host), after)];
  }, []);
  const used = firstThenOthers(context, actions.keyUse, inputs, added);
  return firstThenOthers(context, actions.keyDrop, inputs, used);
}

/** A pass of which the first step changes what control planes share; then they take it over concurrently. */
function firstThenOthers(
  context: HostStepContext,
  action: HostAction,
  inputs: (host: Host) => pulumi.Output<ScriptInputs>,
  before: readonly remote.Command[],
): remote.Command[] {
  const [first, ...others] = context.controlPlanes;
  const begun = keyStep(context, first, action, inputs(first), [...before]);
  return [begun, ...others.map((host) => keyStep(context, host, action, inputs(host), [...before, begun]))];
}

function keyStep(
  context: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Output<ScriptInputs>,
  before: Before,
): remote.Command {
  return mustRun(context, host, action, hostStep(context, host, action, inputs, before));
}
