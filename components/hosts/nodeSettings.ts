import type { NodeMarks } from "./labels";

/** What a host is in the cluster. */
export type Role = "control-plane" | "worker";

/**
 * Settings of a node's kubelet beside the cluster's, in the form of a KubeletConfiguration.
 *
 * @see https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/
 */
export type KubeletSettings = Readonly<Record<string, unknown>>;

/** What a node gets whatever its machine is. */
export interface NodeSettings extends NodeMarks {
  /** Changed in place: only this node's kubelet starts anew, pods go on. @default the cluster's alone */
  readonly kubelet?: KubeletSettings | undefined;
}
