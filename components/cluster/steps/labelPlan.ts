import type { Role } from "../../hosts/host";
import { type NodeMarks, parseTaint } from "../../hosts/labels";
import type { ScriptInputs } from "../hostScript";

/** `kubectl get nodes` shows a worker's role by it; kubeadm sets a control plane's. */
const workerRole = { "node-role.kubernetes.io/worker": "worker" };

/** The labels and taints that a node has from us and the config. No other host is in it: each changes without the others. */
export function labelInputs({ role, labels = {}, taints = [] }: NodeMarks & { role: Role }): ScriptInputs {
  const lines = (each: string[]): string => each.sort().join("\n");
  const all = { ...labels, ...(role === "worker" && workerRole) };
  return {
    LABELS: lines(Object.entries(all).map(([key, value]) => `${key}=${value}`)),
    TAINTS: lines(taints.map(parseTaint).map(({ key, value, effect }) => `${key}=${value}:${effect}`)),
  };
}
