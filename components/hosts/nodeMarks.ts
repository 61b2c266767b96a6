/** Labels, by which pods choose a node, and taints, by which the node repels pods. */
export interface NodeMarks {
  /** Labels beside those that Kubernetes and kubeadm set. @default none @example { disk: "ssd" } */
  readonly labels?: Readonly<Record<string, string>> | undefined;
  /**
   * Taints in kubectl's form: `KEY=VALUE:EFFECT` or `KEY:EFFECT`.
   *
   * @default none
   * @example ["use=db:NoSchedule"]
   * @see https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
   */
  readonly taints?: readonly string[] | undefined;
}

/**
 * Label of a node's zone, such as a room or a power supply. Clouds set it. Kafka's racks are these zones.
 *
 * @see https://kubernetes.io/docs/reference/labels-annotations-taints/#topologykubernetesiozone
 */
export const ZONE_LABEL = "topology.kubernetes.io/zone";

/** A node's own label: the kubelet sets it to the node's name. */
export const HOST_LABEL = "kubernetes.io/hostname";

/** Parts of a taint. `gpu:NoSchedule` is the same taint as `gpu=:NoSchedule`. */
export function parseTaint(taint: string): { key: string; value: string; effect: string } {
  const [, key, value = "", effect] = /^([^=:]+)(?:=([^:]*))?:(.+)$/.exec(taint)!;
  return { key: key!, value, effect: effect! };
}

/** Whether the node repels pods without tolerations. */
export function repelsPods({ taints = [] }: NodeMarks): boolean {
  return taints.some((taint) => parseTaint(taint).effect !== "PreferNoSchedule");
}

/**
 * Labels of Kubernetes' own domains that administrators may set.
 *
 * @see https://kubernetes.io/docs/reference/labels-annotations-taints/
 */
const FOR_ADMINISTRATORS = [
  ZONE_LABEL,
  "topology.kubernetes.io/region",
  /^node-role\.kubernetes\.io\/(?!(control-plane|worker)$)/,
  /^([^/]+\.)?node-restriction\.kubernetes\.io\//,
];

const NAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const PREFIX = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

/**
 * Why a node can't have a label or a taint of this key; undefined where it can.
 *
 * @example "kubernetes.io/arch" → "is for Kubernetes or this program to set; take a domain of your own"
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
