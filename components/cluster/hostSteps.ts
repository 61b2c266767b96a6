import { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../hosts/host";
import { hasMarks } from "../hosts/labels";
import { checkRun, readKeptResult, type ResultOrigin } from "./hostReport";
import { composeScript, type HostAction, hostCommand, type ScriptInputs } from "./hostScript";
import type { KubeadmClusterArgs } from "./kubeadmClusterArgs";
import { hostOf, type InitResult, parseAdminKubeconfig, parseInitResult } from "./kubeconfig";
import {
  admitInputs,
  controlPlaneInputs,
  initInputs,
  joinInputs,
  labelInputs,
  leaveInputs,
  type PlannedHost,
  podNetworkInputs,
  preflightInputs,
  prepareInputs,
  readFacts,
  togetherMistakes,
  uncheckedWarning,
  undoInputs,
  workersNeedProxy,
} from "./plan";

/** What all steps of a cluster share. */
export interface HostStepContext {
  /** The component's name. */
  readonly cluster: string;
  /** Whose the hosts are, among all stacks: written on each of them. */
  readonly identity: pulumi.Input<string>;
  readonly args: KubeadmClusterArgs;
  readonly controlPlanes: readonly [Host, ...Host[]];
  readonly parent: pulumi.Resource;
}

type Before = pulumi.Input<pulumi.Input<pulumi.Resource>[]> | pulumi.Input<pulumi.Resource> | undefined;

/** No host is touched before all have passed, and none before it is known how to undo it. */
export function prepareAll(context: HostStepContext, hosts: readonly Host[]): ReadonlyMap<Host, remote.Command> {
  const preflights = hosts.map((host) => preflight(context, host));
  const passed = goTogether(hosts, preflights);
  return new Map(hosts.map((host) => [host, prepare(context, host, keepOriginal(context, host, passed))]));
}

/**
 * Reads only. The first look alone is told what time it is here: each time it is another, and nothing has to be done for
 * that.
 */
function preflight(context: HostStepContext, host: Host): remote.Command {
  const { args } = context;
  const asked = host.role === "control-plane" ? context.controlPlanes : [];
  const inputs = pulumi
    .all([planned(host), pulumi.all(asked.map(planned))])
    .apply(([known, all]) => preflightInputs(known, args, all, hasProxy(context, host), args.requirements));
  const action = { name: "preflight", create: ["packetFilter", "preflight"], minutes: 5 } as const;
  return step(context, host, action, inputs, [...host.dependsOn], {
    atCreation: now,
    ignoreChanges: ["create"],
  });
}

/** By the clock of the machine that runs Pulumi, in seconds since 1970. */
const now = (): number => Math.floor(Date.now() / 1000);

/**
 * To depend on: all preflights have passed, and the hosts go together. What was seen is in the state, so after a remedy the
 * hosts have to be looked at again.
 */
function goTogether(hosts: readonly Host[], preflights: readonly remote.Command[]): pulumi.Output<remote.Command[]> {
  const seen = preflights.map(({ stdout }, index) =>
    stdout.apply((printed) => readFacts(hosts[index]!.name, printed, now())),
  );
  return pulumi.all(seen).apply((facts) => {
    const mistakes = togetherMistakes(new Map(hosts.map(({ name }, index) => [name, facts[index]!])));
    const again = "then let all hosts be looked at again: bin/pulumi up --replace '**-preflight'";
    if (mistakes.length) throw new pulumi.RunError([...mistakes, again].join("\n"));
    return [...preflights];
  });
}

/**
 * Does nothing until it is deleted: then the host is brought back to what its preparation wrote down of it. It is in the state
 * before any deed, so that an `up` that dies leaves no host changed that no destroy knows of.
 */
function keepOriginal(context: HostStepContext, host: Host, before: Before): remote.Command {
  return step(context, host, undo, undoInputs(context.args), before, { name: originalOf(context, host) });
}

/** The same of a host that is lost: as it was at the last contact, and nothing when it is deleted. */
export function forgetOriginal(context: HostStepContext, host: Host): remote.Command {
  return step(context, host, undo, undoInputs(context.args), undefined, {
    name: originalOf(context, host),
    retainOnDelete: true,
    ignoreChanges: ["connection", "create", "delete", "stdin"],
  });
}

const undo = { name: "undo", delete: ["undo"] } as const;
const originalOf = ({ cluster }: HostStepContext, { name }: Host): string => `${cluster}-${name}-original`;

/** Writes down first how the host is. */
function prepare(context: HostStepContext, host: Host, before: Before): remote.Command {
  const { args } = context;
  const inputs = planned(host).apply((known) => prepareInputs(known, args, hasProxy(context, host), args.source));
  const action = { name: "prepare", create: ["record", "kubelet", "prepare"] } as const;
  return mustRun(context, host, action, step(context, host, action, inputs, before));
}

/**
 * `kubeadm init`, once in the cluster's life: whatever becomes of the host that it ran on, this stays as it is. What the
 * cluster is made of can therefore be said to go with it.
 */
export function initialise(context: HostStepContext, before: Before): remote.Command {
  const { args, controlPlanes } = context;
  const inputs = pulumi
    .all([planned(controlPlanes[0]), apiServerNames(context)])
    .apply(([first, names]) => initInputs(first, args, names));
  return step(context, controlPlanes[0], { name: "init", create: ["init"] }, inputs, before, {
    name: `${context.cluster}-init`,
    additionalSecretOutputs: ["stdout"],
    ignoreChanges: ["connection", "create", "stdin"],
  });
}

export function initResultOf(context: HostStepContext, initialised: remote.Command): pulumi.Output<InitResult> {
  return firstResult(context, initialised, "init", parseInitResult);
}

/** Joins the running cluster where the host is no control plane of it yet, and follows it to another address. */
export function controlPlane(
  context: HostStepContext,
  host: Host,
  initialised: pulumi.Output<InitResult>,
  admitted: Admitted | undefined,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args, controlPlanes } = context;
  const admission = admitted && admissionOf(admitted);
  const inputs = pulumi
    .all([planned(host), pulumi.all(controlPlanes.map(planned)), apiServerNames(context), initialised, admission])
    .apply(([known, all, names, result, printed]) => controlPlaneInputs(known, args, all, names, result, printed));
  const action = { name: "control-plane", create: ["nodes", "etcd", "address", "controlPlane"] } as const;
  const after = [...before, ...(admitted ? [admitted.command] : [])];
  return mustRun(context, host, action, step(context, host, action, inputs, after));
}

/**
 * What the administrator reaches the cluster by. A step of its own: its output is known beforehand in a preview in which the
 * control plane's step changes, and with it all that is declared on the cluster.
 */
export function readKubeconfig(context: HostStepContext, before: Before): remote.Command {
  const action = { name: "kubeconfig", create: ["kubeconfig"] } as const;
  return step(context, context.controlPlanes[0], action, {}, before, {
    name: `${context.cluster}-kubeconfig`,
    additionalSecretOutputs: ["stdout"],
  });
}

/** The administrator's kubeconfig, in base64. */
export function kubeconfigOf(context: HostStepContext, read: remote.Command): pulumi.Output<string> {
  return firstResult(context, read, "kubeconfig", parseAdminKubeconfig);
}

/** A secret that a step on the first control plane has printed. */
function firstResult<T>(
  { cluster, controlPlanes }: HostStepContext,
  command: remote.Command,
  step: string,
  parse: (text: string) => T,
): pulumi.Output<T> {
  const again = `bin/pulumi up --target-replace '**::${cluster}-${step}'`;
  return resultOf(command, parse, { host: controlPlanes[0].name, step, secret: true, again });
}

/** What a step has printed between its marks. */
function resultOf<T>({ stdout }: remote.Command, parse: (text: string) => T, origin: ResultOrigin): pulumi.Output<T> {
  return stdout.apply((printed) => {
    try {
      return readKeptResult(printed, parse, origin);
    } catch (error) {
      throw new pulumi.RunError((error as Error).message);
    }
  });
}

/**
 * Fails for a step that has no result where its marks are missing: a login that ends before it runs the script ends well.
 *
 * @param by whose login runs it @default the host's own
 */
function mustRun(
  { cluster }: HostStepContext,
  host: Host,
  { name }: HostAction,
  command: remote.Command,
  by: Host = host,
): remote.Command {
  const again = `bin/pulumi up --target-replace '**::${cluster}-${host.name}-${name}'`;
  pulumi.all([command.stdin, command.stdout]).apply(([script, printed]) => {
    try {
      checkRun(script ?? "", printed, { host: by.name, step: name, again });
    } catch (error) {
      throw new pulumi.RunError((error as Error).message);
    }
  });
  return command;
}

/** @throws Error where it isn't JSON */
function jsonText(text: string): string {
  JSON.parse(text);
  return text;
}

/** Makes the host's key to join with, which stays there, and asks for its certificate. Needs no cluster yet. */
export function request(context: HostStepContext, host: Host, before: Before): remote.Command {
  return step(context, host, { name: "request", create: ["request"] }, {}, before);
}

/** The step that lets a host join, and the control plane that it ran on. */
interface Admitted {
  readonly command: remote.Command;
  readonly by: Host;
}

/**
 * Has a control plane sign what the host asks for. Where that is a worker, the Node that another machine of its name has left
 * is removed.
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
  const action = { name: "admit", create: ["nodes", "admit"] } as const;
  const asked = resultOf(requested, jsonText, { host: host.name, step: "request" });
  const inputs = pulumi
    .all([host.address, asked])
    .apply(([address, printed]) => admitInputs(host.role, address, printed));
  return { command: stepElsewhere(context, host, action, inputs, [requested, ...before], {}, by), by };
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

function admissionOf({ command, by }: Admitted): pulumi.Output<string> {
  return resultOf(command, jsonText, { host: by.name, step: "admit" });
}

export function join(
  context: HostStepContext,
  worker: Host,
  admitted: Admitted,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args, controlPlanes } = context;
  const inputs = pulumi
    .all([planned(worker), pulumi.all(controlPlanes.map(planned)), args.loadBalancer?.address, admissionOf(admitted)])
    .apply(([known, all, loadBalancer, printed]) => joinInputs(known, args, all, loadBalancer, printed));
  const action = { name: "join", create: ["address", "join"] } as const;
  return mustRun(context, worker, action, step(context, worker, action, inputs, [admitted.command, ...before]));
}

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
  const action = { name: "labels", create: ["labels"], delete: ["labels"] } as const;
  const inputs = allowed.apply(() => labelInputs(host));
  // Else a replacement would set the labels before it takes back those from before, which are the same.
  const options = { deletedWith: node, deleteBeforeReplace: true };
  const labelled = stepElsewhere(context, host, action, inputs, node, options);
  return mustRun(context, host, action, labelled, context.controlPlanes[0]);
}

/** Ends where pods' packets don't get through between this node and another one. Changes nothing on any host. */
export function checkPodNetwork(
  context: HostStepContext,
  host: Host,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args } = context;
  const action = { name: "pod-network", create: ["podNetwork"] } as const;
  const inputs = host.address.apply((address) => podNetworkInputs(address, args));
  return step(context, host, action, inputs, [...before]);
}

/** What the check has left out, for a warning; undefined for nothing. */
export function uncheckedBy(
  { cluster, args }: HostStepContext,
  host: Host,
  checked: remote.Command,
): pulumi.Output<string | undefined> {
  const others = args.hosts.filter(({ lost }) => !lost).map(({ name }) => name);
  const again = `bin/pulumi up --target-replace '**::${cluster}-${host.name}-pod-network'`;
  return resultOf(checked, (printed) => uncheckedWarning(host.name, printed, others, again), {
    host: host.name,
    step: "pod-network",
    again,
  });
}

/**
 * Does nothing until it is deleted: then a control plane lets the worker go, which itself may be dead. Where the cluster
 * as a whole is destroyed, nobody needs to.
 */
export function leave(
  context: HostStepContext,
  worker: Host,
  cluster: pulumi.Resource,
  before: Before,
): remote.Command {
  const action = { name: "leave", delete: ["nodes", "leave"] } as const;
  return stepElsewhere(context, worker, action, leaveInputs, before, { deletedWith: cluster });
}

/**
 * The same of a worker that is lost, now: from a control plane that there still is, while the one that was to do it may be
 * lost as well.
 */
export function leaveAtOnce(context: HostStepContext, worker: Host, cluster: pulumi.Resource): remote.Command {
  const action = { name: "leave", create: ["nodes", "leave"] } as const;
  const left = stepElsewhere(context, worker, action, leaveInputs, cluster);
  return mustRun(context, worker, action, left, context.controlPlanes[0]);
}

function hasProxy({ args, controlPlanes }: HostStepContext, host: Host): boolean {
  return host.role === "worker" && workersNeedProxy(controlPlanes, args.loadBalancer !== undefined);
}

/** At which clients outside reach the API servers. */
function apiServerNames({ args, controlPlanes }: HostStepContext): pulumi.Output<string[]> {
  const all = [...controlPlanes, ...(args.loadBalancer ? [args.loadBalancer] : [])];
  return pulumi.all(all.map(({ apiServer }) => apiServer)).apply((known) => known.map(hostOf));
}

function planned({ name, role, address, kubelet }: Host): pulumi.Output<PlannedHost> {
  return address.apply((known) => ({ name, role, address: known, kubelet }));
}

/** A step of a host's node that a control plane does: by an administrator's rights, and though the host may be dead. */
function stepElsewhere(
  context: HostStepContext,
  host: Host,
  action: HostAction,
  inputs: pulumi.Input<ScriptInputs>,
  dependsOn: Before,
  options?: pulumi.CustomResourceOptions,
  { name, connection }: Host = context.controlPlanes[0],
): remote.Command {
  const where = pulumi.output(inputs).apply((known) => ({ AT: name, ...known }));
  return step(context, { ...host, connection }, action, where, dependsOn, options);
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
      // The machine's id is there for its change alone: what was done on the one before has to be done again.
      stdin: pulumi
        .all([inputs, identity, host.machine?.id ?? ""])
        .apply(([known, CLUSTER, MACHINE]) => composeScript(host.name, action, { CLUSTER, MACHINE, ...known })),
      create: action.create && user.apply((known) => hostCommand(host.name, action, "create", known, atCreation?.())),
      ...(atCreation && { update: user.apply((known) => hostCommand(host.name, action, "create", known)) }),
      delete: action.delete && user.apply((known) => hostCommand(host.name, action, "delete", known)),
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
