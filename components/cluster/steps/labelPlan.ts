import type { Role } from "../../hosts/host";
import { type NodeMarks, parseTaint } from "../../hosts/nodeMarks";
import type { ScriptInputs } from "../hostScript";

/** Label by which `kubectl get nodes` shows the role. kubeadm sets it on control planes only. */
const workerRole = { "node-role.kubernetes.io/worker": "worker" };

/** Inputs of labels.sh: labels and taints from the config, and the worker's role. No other host is in them. */
export function labelInputs({ role, labels = {}, taints = [] }: NodeMarks & { role: Role }): ScriptInputs {
  const lines = (each: string[]): string => each.sort().join("\n");
  const all = { ...labels, ...(role === "worker" && workerRole) };
  return {
    LABELS: lines(Object.entries(all).map(([key, value]) => `${key}=${value}`)),
    TAINTS: lines(taints.map(parseTaint).map(({ key, value, effect }) => `${key}=${value}:${effect}`)),
  };
}
