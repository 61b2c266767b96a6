import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import type { HostAction } from "../actions";
import { composeScript, hostCommand, type ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";
import type { KubeadmClusterArgs } from "../kubeadmClusterArgs";

/** What all steps of a cluster share. */
export interface HostStepContext {
  /** Name of the cluster's component, and prefix of its steps' names. */
  readonly cluster: string;
  /** Identity of the cluster among those of all stacks, see clusterIdentity. */
  readonly identity: pulumi.Input<string>;
  readonly args: KubeadmClusterArgs;
  readonly controlPlanes: readonly [Host, ...Host[]];
  readonly parent: pulumi.Resource;
}

/** Resources that a step depends on. */
export type Before = pulumi.Input<pulumi.Input<pulumi.Resource>[]> | pulumi.Input<pulumi.Resource> | undefined;

/**
 * Runs an action on a host when the step is created or deleted, and again whenever its scripts or inputs change. A change is an
 * update and no replacement, since the scripts are idempotent. The step is replaced only when its machine is: the delete scripts
 * then run on the old machine first.
 *
 * @param atCreation makes an argument that only the first run gets, and that causes no diff @default none
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
      // No script reads MACHINE. It makes another machine under the host's name a change of the inputs.
      stdin: pulumi
        .all([inputs, identity, host.machine?.id ?? ""])
        .apply(([values, CLUSTER, MACHINE]) => composeScript(host.name, action, { CLUSTER, MACHINE, ...values })),
      create: action.create && user.apply((login) => hostCommand(host.name, action, "create", login, atCreation?.())),
      ...(atCreation && { update: user.apply((login) => hostCommand(host.name, action, "create", login)) }),
      delete: action.delete && user.apply((login) => hostCommand(host.name, action, "delete", login)),
      ...(host.machine && action.delete && { triggers: [host.machine.madeOf] }),
      addPreviousOutputInEnv: false,
      // Errors contain the output already, and results may be secret.
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
 * A host's step that runs on a control plane, since it needs an administrator's rights, or the host may be dead.
 *
 * @param host the host that the step is about
 * @param by the control plane @default the first one
 */
export function stepOnControlPlane(
  context: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Input<ScriptInputs>,
  dependsOn: Before,
  options?: pulumi.CustomResourceOptions,
  by: Host = context.controlPlanes[0],
): remote.Command {
  const where = pulumi.output(inputs).apply((values) => ({ AT: by.name, ...values }));
  return hostStep(context, { ...host, connection: by.connection }, action, where, dependsOn, options);
}

/** The host with its resolved address. */
export function planned({ name, role, address, kubelet }: Host): pulumi.Output<PlannedHost> {
  return address.apply((resolved) => ({ name, role, address: resolved, kubelet }));
}
