import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { admissionOf, type Admitted, admit, request } from "./admissionSteps";
import { type Before, hostStep, type HostStepContext, planned, stepOnControlPlane } from "./hostStep";
import { mustRun } from "./stepResult";
import { joinInputs, leaveInputs } from "./workerPlan";

/**
 * Has all workers join, beside each other.
 *
 * @param cluster goes with all of its nodes
 * @param first the first control plane: a worker needs no more, and asks for its certificate before there is one
 */
export function joinWorkers(
  context: HostStepContext,
  workers: readonly Host[],
  cluster: pulumi.Resource,
  first: pulumi.Resource,
  prepared: ReadonlyMap<Host, remote.Command>,
): remote.Command[] {
  return workers.map((worker) => {
    // Registered before the join, so a half-joined worker is removed too.
    const leaves = leave(context, worker, cluster, prepared.get(worker));
    const requested = request(context, worker, prepared.get(worker));
    const admitted = admit(context, worker, requested, [first, leaves]);
    return join(context, worker, admitted, context.args.loadBalancer?.dependsOn ?? []);
  });
}

function join(
  context: HostStepContext,
  worker: Host,
  admitted: Admitted,
  before: readonly pulumi.Resource[],
): remote.Command {
  const { args, controlPlanes } = context;
  const inputs = pulumi
    .all([planned(worker), pulumi.all(controlPlanes.map(planned)), args.loadBalancer?.address, admissionOf(admitted)])
    .apply(([plannedHost, all, loadBalancer, printed]) => joinInputs(plannedHost, args, all, loadBalancer, printed));
  const joined = hostStep(context, worker, actions.join, inputs, [admitted.command, ...before]);
  return mustRun(context, worker, actions.join, joined);
}

/**
 * Does nothing until it is deleted: then a control plane lets the worker go, which itself may be dead. Nothing needs to be
 * done where the cluster as a whole is destroyed.
 */
function leave(context: HostStepContext, worker: Host, cluster: pulumi.Resource, before: Before): remote.Command {
  return stepOnControlPlane(context, worker, actions.leave, leaveInputs, before, { deletedWith: cluster });
}

/**
 * Lets a lost worker go now, from a control plane that there still is: the one that was to do it may be lost as well.
 */
export function leaveAtOnce(context: HostStepContext, worker: Host, cluster: pulumi.Resource): remote.Command {
  const left = stepOnControlPlane(context, worker, actions.leaveAtOnce, leaveInputs, cluster);
  return mustRun(context, worker, actions.leaveAtOnce, left, context.controlPlanes[0]);
}
