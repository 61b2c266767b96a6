import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import { composeScript, type HostAction, hostCommand, type ScriptInputs } from "./hostScript";
import type { KubeadmClusterArgs } from "./kubeadmCluster";
import { fixedSettings, initConfig, joinConfig } from "./kubeadmConfig";
import { type HostFacts, identityMistakes, preflightInputs, prepareInputs, recordInputs } from "./plan";

/** What all steps of a cluster share. */
export interface HostStepContext {
  /** The component's name. */
  readonly cluster: string;
  /** Whose the hosts are, among all stacks: written on each of them. */
  readonly identity: string;
  readonly args: KubeadmClusterArgs;
  /** The host that `kubeadm init` runs on. */
  readonly first: Host;
  readonly parent: pulumi.Resource;
}

type Before = pulumi.Input<pulumi.Input<pulumi.Resource>[]> | pulumi.Input<pulumi.Resource> | undefined;

/** Reads only. Waits about half a minute for a host that is still booting, unless its connection says otherwise. */
export function preflight(context: HostStepContext, host: Host): remote.Command {
  const connection = host.connection.apply((known) => ({ dialErrorLimit: 13, perDialTimeout: 5, ...known }));
  const inputs = host.address.apply((address) =>
    preflightInputs({ ...host, address }, context.args, context.args.requirements),
  );
  return step(context, { ...host, connection }, { name: "preflight", create: ["preflight"] }, inputs, [
    ...host.dependsOn,
  ]);
}

/** To depend on: all preflights have passed, and no two of the hosts are the same machine. */
export function allDiffer(
  hosts: readonly Host[],
  preflights: readonly remote.Command[],
): pulumi.Output<remote.Command[]> {
  return pulumi.all(preflights.map(({ stdout }) => stdout)).apply((printed) => {
    const facts = new Map(hosts.map(({ name }, index) => [name, JSON.parse(printed[index]!) as HostFacts]));
    const mistakes = identityMistakes(facts);
    if (mistakes.length) throw new pulumi.RunError(mistakes.join("\n"));
    return [...preflights];
  });
}

/** Writes down how the host is; when it is deleted, brings it back to that. Therefore it comes before any deed. */
export function keepOriginal(context: HostStepContext, host: Host, before: Before): remote.Command {
  const action = { name: "original", create: ["original"], delete: ["undo"] } as const;
  return step(context, host, action, recordInputs(context.args), before);
}

export function prepare(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { args, first } = context;
  const inputs = pulumi
    .all([host.address, first.address])
    .apply(([address, endpointAddress]) => prepareInputs({ ...host, address }, args, endpointAddress, args.source));
  return step(context, host, { name: "prepare", create: ["original", "prepare"] }, inputs, before);
}

export function initialise(context: HostStepContext, before: Before): remote.Command {
  const { args, first } = context;
  const inputs = pulumi.all([first.address, first.apiServer]).apply(([address, apiServer]) => ({
    KUBEADM_CONFIG: initConfig(args, first.name, address, apiServer),
    FIXED: fixedSettings(args),
    SCHEDULE_ON_CONTROL_PLANE: String(args.scheduleOnControlPlane),
  }));
  return step(context, first, { name: "init", create: ["init"] }, inputs, before, ["stdout"]);
}

/** When it is deleted, the node leaves the cluster; the host itself is undone by `keepOriginal`'s resource. */
export function join(
  context: HostStepContext,
  host: Host,
  joiner: pulumi.Output<string>,
  before: Before,
): remote.Command {
  const inputs = pulumi
    .all([host.address, joiner])
    .apply(([address, known]) => ({ KUBEADM_CONFIG: joinConfig(host.name, address), JOINER: known }));
  return step(context, host, { name: "join", create: ["join"], delete: ["leave"] }, inputs, before);
}

/**
 * A script that is run on a host whenever it or its inputs change, and perhaps another when the resource goes. A change is
 * an update and never a replacement: the scripts find out what is there and go on from it. Only where the machine is about
 * to be replaced is the step, too: it is taken back first.
 */
function step(
  { cluster, identity, parent }: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Input<ScriptInputs>,
  dependsOn: Before,
  additionalSecretOutputs?: string[],
): remote.Command {
  const user = pulumi.unsecret(pulumi.output(host.connection)).apply((connection) => connection.user ?? "root");
  return new remote.Command(
    `${cluster}-${host.name}-${action.name}`,
    {
      connection: host.connection,
      // The machine's id is there for its change alone: what was done on the one before has to be done again.
      stdin: pulumi
        .all([inputs, host.machine?.id ?? ""])
        .apply(([known, machine]) =>
          composeScript(host.name, action, { CLUSTER: identity, MACHINE: machine, ...known }),
        ),
      create: user.apply((known) => hostCommand(action, "create", known)),
      delete: action.delete && user.apply((known) => hostCommand(action, "delete", known)),
      ...(host.machine && action.delete && { triggers: [host.machine.madeOf] }),
      addPreviousOutputInEnv: false,
      // Why something failed is in the error already; results are for the program, and may be secret.
      logging: remote.Logging.None,
    },
    {
      parent,
      dependsOn,
      additionalSecretOutputs,
      ...(host.machine && { deletedWith: host.machine.resource, deleteBeforeReplace: true }),
    },
  );
}
