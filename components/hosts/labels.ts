/** What a node is chosen by, and what keeps pods off it. */
export interface NodeMarks {
  /** Labels beside those that Kubernetes and kubeadm give a node. @default none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /** As kubectl takes them: `KEY=VALUE:EFFECT`, or `KEY:EFFECT`. @default none */
  readonly taints?: readonly string[] | undefined;
}

/** Says which zone a node is in: one power supply, one switch, one room. Clouds set it; here it is Kafka's rack, too. */
export const ZONE_LABEL = "topology.kubernetes.io/zone";

/** Each node's own: the kubelet sets it to the node's name. */
export const HOST_LABEL = "kubernetes.io/hostname";

export function hasMarks({ labels = {}, taints = [] }: NodeMarks): boolean {
  return Object.keys(labels).length + taints.length > 0;
}

/** `gpu:NoSchedule` and `gpu=:NoSchedule` are one taint: the latter. */
export function parseTaint(taint: string): { key: string; value: string; effect: string } {
  const [, key, value = "", effect] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(taint)!;
  return { key: key!, value, effect: effect! };
}

/** Whether pods that don't say otherwise stay off the node. */
export function repelsPods({ taints = [] }: NodeMarks): boolean {
  return taints.some((taint) => parseTaint(taint).effect !== "PreferNoSchedule");
}

/** Parts of Kubernetes' own namespace that are for whoever runs a cluster. */
const FOR_ADMINISTRATORS = [
  ZONE_LABEL,
  "topology.kubernetes.io/region",
  /^node-role\.kubernetes\.io\/(?!(control-plane|worker)$)/,
  /^([^/]+\.)?node-restriction\.kubernetes\.io\//,
];

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Why a node can't be given a label or a taint of this key; undefined where it can.
 *
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
 */
export function reasonAgainstKey(key: string): string | undefined {
  const parts = key.split("/");
  const [prefix, name] = parts.length > 1 ? parts : [undefined, key];
  if (parts.length > 2 || !NAME.test(name) || (prefix !== undefined && !PREFIX.test(prefix))) {
    return "is no key that Kubernetes takes; set NAME or DOMAIN/NAME, of letters, digits, -, _ and .";
  }
  if (!/(^|\.)(kubernetes|k8s)\.io$/.test(prefix ?? "")) return undefined;
  if (FOR_ADMINISTRATORS.some((each) => (typeof each === "string" ? each === key : each.test(key)))) return undefined;
  return "is for Kubernetes or this program to set; take a domain of your own";
}
