import type { Role } from "../../hosts/host";
import { type NodeMarks, parseTaint } from "../../hosts/nodeMarks";
import type { ScriptInputs } from "../hostScript";

/** Label by which `kubectl get nodes` shows the role. kubeadm sets it on control planes only. */
const workerRole = { "node-role.kubernetes.io/worker": "worker" };

/**
 * Taint of control planes that don't run ordinary pods. kubeadm sets the same one on a new control plane.
 *
 * @see https://kubernetes.io/docs/reference/labels-annotations-taints/#node-role-kubernetes-io-control-plane-taint
 */
const controlPlaneTaint = "node-role.kubernetes.io/control-plane:NoSchedule";

/**
 * Inputs of labels.sh: labels and taints from the config, a worker's role, and a control plane's taint. No other host is in them.
 *
 * @param scheduleOnControlPlane whether control planes run ordinary pods
 * @returns undefined for a control plane without labels and taints
 */
export function labelInputs(
  { role, labels = {}, taints = [] }: NodeMarks & { role: Role },
  scheduleOnControlPlane: boolean,
): ScriptInputs | undefined {
  const lines = (each: string[]): string => each.sort().join("\n");
  const allLabels = { ...labels, ...(role === "worker" && workerRole) };
  const allTaints = [...taints, ...(role === "control-plane" && !scheduleOnControlPlane ? [controlPlaneTaint] : [])];
  if (Object.keys(allLabels).length + allTaints.length === 0) return undefined;
  return {
    LABELS: lines(Object.entries(allLabels).map(([key, value]) => `${key}=${value}`)),
    TAINTS: lines(allTaints.map(parseTaint).map(({ key, value, effect }) => `${key}=${value}:${effect}`)),
  };
}
