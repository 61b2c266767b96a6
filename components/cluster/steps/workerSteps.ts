import type { remote } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import type { Host } from "../../hosts/host";
import { actions } from "../actions";
import { admissionOf, type Admitted, admit, request } from "./admissionSteps";
import { type Before, hostStep, type HostStepContext, planned, stepOnControlPlane } from "./hostStep";
import { mustRun } from "./stepResult";
import { joinInputs, leaveInputs } from "./workerPlan";

/**
 * Joins all workers concurrently. They generate their keys before there is a control plane.
 *
 * @param cluster resource whose deletion deletes all nodes
 * @param before the last step of the first control plane, the only one that a worker depends on, and what else it has to wait for
 * @param upgraded the last steps of an upgrade of the control planes, during which API servers restart. A kubelet must not be newer
 *   than they are.
 */
export function joinWorkers(
  context: HostStepContext,
  workers: readonly Host[],
  cluster: pulumi.Resource,
  before: readonly pulumi.Resource[],
  prepared: ReadonlyMap<Host, remote.Command>,
  upgraded: pulumi.Output<pulumi.Resource[]>,
): remote.Command[] {
  return workers.map((worker) => {
    // Registered before the join, so a half-joined worker is removed too.
    const leaves = leave(context, worker, cluster, prepared.get(worker));
    const requested = request(context, worker, prepared.get(worker));
    const admitted = admit(
      context,
      worker,
      requested,
      upgraded.apply((steps) => [...before, leaves, ...steps]),
    );
    return join(context, worker, admitted, [admitted.command, ...(context.args.loadBalancer?.dependsOn ?? [])]);
  });
}

function join(context: HostStepContext, worker: Host, admitted: Admitted, before: Before): remote.Command {
  const { args, controlPlanes } = context;
  const inputs = pulumi
    .all([planned(worker), pulumi.all(controlPlanes.map(planned)), args.loadBalancer?.address, admissionOf(admitted)])
    .apply(([plannedHost, all, loadBalancer, printed]) => joinInputs(plannedHost, args, all, loadBalancer, printed));
  const joined = hostStep(context, worker, actions.join, inputs, before);
  return mustRun(context, worker, actions.join, joined);
}

/**
 * Drains and removes the worker's Node when the step is deleted; creating it does nothing. It runs on a control plane, since the
 * worker may be dead, and not at all when the whole cluster is destroyed.
 */
function leave(context: HostStepContext, worker: Host, cluster: pulumi.Resource, before: Before): remote.Command {
  return stepOnControlPlane(context, worker, actions.leave, leaveInputs, before, { deletedWith: cluster });
}

/** Removes a lost worker's Node now, on the first control plane of the config: the one that its `leave` step names may be lost. */
export function leaveAtOnce(context: HostStepContext, worker: Host, cluster: pulumi.Resource): remote.Command {
  const removal = stepOnControlPlane(context, worker, actions.leaveAtOnce, leaveInputs, cluster);
  return mustRun(context, worker, actions.leaveAtOnce, removal, context.controlPlanes[0]);
}
