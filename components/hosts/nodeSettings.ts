import type { NodeMarks } from "./nodeMarks";

/** A host's role in the cluster. */
export type Role = "control-plane" | "worker";

/**
 * Fields of a KubeletConfiguration that a node has in addition to the cluster's.
 *
 * @example { maxPods: 50, evictionHard: { "nodefs.available": "2Gi" } }
 * @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
 */
export type KubeletSettings = Readonly<Record<string, unknown>>;

/** Settings of a node that don't depend on the kind of its machine. */
export interface NodeSettings extends NodeMarks {
  /** A change restarts this node's kubelet, and no pod. @default the cluster's settings alone */
  readonly kubelet?: KubeletSettings | undefined;
}
