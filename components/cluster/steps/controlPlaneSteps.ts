import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { hostOf, type InitResult, parseAdminKubeconfig, parseInitResult } from "../kubeconfig";
import { admitControlPlane, admissionOf } from "./admissionSteps";
import { kubeconfigInputs } from "./certificatePlan";
import { renewCertificates } from "./certificateSteps";
import { controlPlaneConfigInputs, controlPlaneInputs, initInputs } from "./controlPlanePlan";
import { type Before, hostStep, type HostStepContext, planned } from "./hostStep";
import { mustRun, secretResultOf } from "./stepResult";

/**
 * Runs `kubeadm init`, once in the cluster's life. The step never changes, even if its host leaves the cluster, so that objects of
 * the cluster can be `deletedWith` it.
 */
export function initialise(context: HostStepContext, before: Before): remote.Command {
  const { args, controlPlanes } = context;
  const inputs = pulumi
    .all([planned(controlPlanes[0]), apiServerNames(context)])
    .apply(([first, names]) => initInputs(first, args, names));
  return hostStep(context, controlPlanes[0], actions.init, inputs, before, {
    name: `${context.cluster}-init`,
    additionalSecretOutputs: ["stdout"],
    ignoreChanges: ["connection", "create", "stdin"],
  });
}

/** A control plane's steps. */
export interface ControlPlaneSteps {
  readonly joined: remote.Command;
  /** The step that applies the cluster's settings, after the host has joined. */
  readonly configured: remote.Command;
  /** The step that renews its certificates, after that. */
  readonly renewed: remote.Command;
}

/**
 * Joins all control planes, applies the cluster's settings to them, and renews their certificates, one control plane after the other:
 * etcd should add one member at a time, and static pods that restart on two hosts at once could stop the cluster.
 *
 * @see https://etcd.io/docs/v3.6/op-guide/runtime-configuration/
 */
export function joinControlPlanes(
  context: HostStepContext,
  initialised: remote.Command,
  prepared: ReadonlyMap<Host, remote.Command>,
): ControlPlaneSteps[] {
  const shared = initResultOf(context, initialised);
  return context.controlPlanes.reduce<ControlPlaneSteps[]>((before, host) => {
    const lastStep = before.slice(-1).map(({ renewed }) => renewed);
    const joined = controlPlane(context, host, shared, prepared, lastStep);
    const configured = configure(context, host, joined);
    return [...before, { joined, configured, renewed: renewCertificates(context, host, configured) }];
  }, []);
}

/** What control planes need to join. */
export function initResultOf(context: HostStepContext, initialised: remote.Command): pulumi.Output<InitResult> {
  return secretResultOf(context, initialised, actions.init, parseInitResult);
}

/** Applies the cluster's settings to a running control plane. On one that has them, nothing changes. */
function configure(context: HostStepContext, host: Host, joined: remote.Command): remote.Command {
  const { args, controlPlanes } = context;
  const inputs = pulumi
    .all([planned(host), apiServerNames(context)])
    .apply(([plannedHost, names]) => controlPlaneConfigInputs(plannedHost, args, names, host === controlPlanes[0]));
  const configured = hostStep(context, host, actions.controlPlaneConfig, inputs, joined);
  return mustRun(context, host, actions.controlPlaneConfig, configured);
}

/** Joins a host to the running cluster unless it has joined, and handles a changed address. */
function controlPlane(
  context: HostStepContext,
  host: Host,
  initialised: pulumi.Output<InitResult>,
  prepared: ReadonlyMap<Host, remote.Command>,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args, controlPlanes } = context;
  const admitted = admitControlPlane(context, host, prepared, before);
  const admission = admitted && admissionOf(admitted);
  const inputs = pulumi
    .all([planned(host), pulumi.all(controlPlanes.map(planned)), apiServerNames(context), initialised, admission])
    .apply(([plannedHost, all, names, result, printed]) =>
      controlPlaneInputs(plannedHost, args, all, names, result, printed, args.restore),
    );
  const after = [prepared.get(host)!, ...before, ...(admitted ? [admitted.command] : [])];
  return mustRun(context, host, actions.controlPlane, hostStep(context, host, actions.controlPlane, inputs, after));
}

/**
 * Reads an administrator's kubeconfig. It is a step of its own, so that a preview in which the control plane's step changes still
 * knows the kubeconfig, and therefore the diffs of the cluster's objects. Runs again long before its certificate ends.
 */
export function readKubeconfig(context: HostStepContext, before: Before): remote.Command {
  const { now = Date.now() / 1000, certificateTimes, authorityGeneration } = context.args;
  const inputs = kubeconfigInputs(now, certificateTimes, authorityGeneration);
  return hostStep(context, context.controlPlanes[0], actions.kubeconfig, inputs, before, {
    name: `${context.cluster}-kubeconfig`,
    additionalSecretOutputs: ["stdout"],
  });
}

/** The administrator's kubeconfig, in base64. */
export function kubeconfigOf(context: HostStepContext, read: remote.Command): pulumi.Output<string> {
  return secretResultOf(context, read, actions.kubeconfig, parseAdminKubeconfig);
}

/** Names and addresses at which clients outside reach the API servers. */
export function apiServerNames({ args, controlPlanes }: HostStepContext): pulumi.Output<string[]> {
  const all = [...controlPlanes, ...(args.loadBalancer ? [args.loadBalancer] : [])];
  return pulumi.all(all.map(({ apiServer }) => apiServer)).apply((endpoints) => endpoints.map(hostOf));
}
