import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import type { HostAction } from "../actions";
import { composeScript, hostCommand, type ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";
import type { KubeadmClusterArgs } from "../kubeadmClusterArgs";

/** What all steps of a cluster share. */
export interface HostStepContext {
  /** The component's name. */
  readonly cluster: string;
  /** Names the cluster among those of all stacks; it is written on each host. */
  readonly identity: pulumi.Input<string>;
  readonly args: KubeadmClusterArgs;
  readonly controlPlanes: readonly [Host, ...Host[]];
  readonly parent: pulumi.Resource;
}

/** What a step depends on. */
export type Before = pulumi.Input<pulumi.Input<pulumi.Resource>[]> | pulumi.Input<pulumi.Resource> | undefined;

/**
 * An action that is run on a host whenever its scripts or inputs change, and perhaps another when the resource is deleted. A
 * change is an update and never a replacement: the scripts find out what is there and go on from it. The step is replaced
 * only where its machine is about to be: it is taken back first.
 */
export function hostStep(
  { cluster, identity, parent }: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Input<ScriptInputs>,
  dependsOn: Before,
  {
    name = `${cluster}-${host.name}-${action.name}`,
    atCreation,
    ...options
  }: pulumi.CustomResourceOptions & { name?: string; atCreation?: () => number } = {},
): remote.Command {
  const user = pulumi.unsecret(pulumi.output(host.connection)).apply((connection) => connection.user ?? "root");
  return new remote.Command(
    name,
    {
      connection: host.connection,
      // No script reads MACHINE: it is there so that another machine under the host's name is a change.
      stdin: pulumi
        .all([inputs, identity, host.machine?.id ?? ""])
        .apply(([values, CLUSTER, MACHINE]) => composeScript(host.name, action, { CLUSTER, MACHINE, ...values })),
      create: action.create && user.apply((login) => hostCommand(host.name, action, "create", login, atCreation?.())),
      ...(atCreation && { update: user.apply((login) => hostCommand(host.name, action, "create", login)) }),
      delete: action.delete && user.apply((login) => hostCommand(host.name, action, "delete", login)),
      ...(host.machine && action.delete && { triggers: [host.machine.madeOf] }),
      addPreviousOutputInEnv: false,
      // Why something failed is in the error already; results are for the program, and may be secret.
      logging: remote.Logging.None,
    },
    {
      parent,
      dependsOn,
      ...(host.machine && { deletedWith: host.machine.resource, deleteBeforeReplace: true }),
      ...options,
    },
  );
}

/**
 * A step of a host's node that a control plane does: it has an administrator's rights, and the host may be dead.
 *
 * @param by the control plane @default the first one
 */
export function stepOnControlPlane(
  context: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Input<ScriptInputs>,
  dependsOn: Before,
  options?: pulumi.CustomResourceOptions,
  { name, connection }: Host = context.controlPlanes[0],
): remote.Command {
  const where = pulumi.output(inputs).apply((values) => ({ AT: name, ...values }));
  return hostStep(context, { ...host, connection }, action, where, dependsOn, options);
}

/** The host with its address, once that is known. */
export function planned({ name, role, address, kubelet }: Host): pulumi.Output<PlannedHost> {
  return address.apply((resolved) => ({ name, role, address: resolved, kubelet }));
}
