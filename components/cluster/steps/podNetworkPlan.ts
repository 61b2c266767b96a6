import type { ScriptInputs } from "../hostScript";
import type { ClusterSettings } from "../kubeadmConfig";

/** What the pod network needs of every host. */
export interface PodNetworkNeeds {
  /** Kernel module of its encapsulation. @default none @example "vxlan" */
  readonly module?: string | undefined;
  /** Ports for packets and routes of other hosts' pods. `ipip` is a protocol without ports. @example ["udp 4789"] */
  readonly ports: readonly string[];
  /** MTU of pods' interfaces, in bytes. @default 0: the network derives it */
  readonly mtu?: number;
}

/** Inputs of pod-network.sh. No other host is in them, so that a new or removed node repeats no other node's check. */
export function podNetworkInputs(
  address: string,
  { endpoint, podCidr, podNetwork }: ClusterSettings & { readonly podNetwork: PodNetworkNeeds },
): ScriptInputs {
  return {
    ADDRESS: address,
    ENDPOINT: endpoint,
    POD_CIDR: podCidr,
    POD_NETWORK_PORTS: podNetwork.ports.join("\n"),
    MTU: String(podNetwork.mtu ?? 0),
  };
}

/**
 * Warns of nodes that a node's check of the pod network has left out.
 *
 * @param printed result of pod-network.sh
 * @param hosts names of the hosts in the config: a node that is removed needs no check
 * @param again command that repeats the check
 * @returns a sentence for the user (KK864); undefined where all nodes were checked
 * @throws Error where the text is no such result
 */
export function uncheckedWarning(
  node: string,
  printed: string,
  hosts: readonly string[],
  again: string,
): string | undefined {
  const unchecked = (JSON.parse(printed) as { unchecked?: string[] } | null)?.unchecked;
  if (!Array.isArray(unchecked)) throw new Error("no list of unchecked nodes");
  const nodes = unchecked.filter((name) => hosts.includes(name));
  if (nodes.length === 0) return undefined;
  return (
    `${nodes.join(", ")} gave no sign of life when ${node} joined the pod network, so nobody knows whether packets get through ` +
    `between them. Once all of these nodes are Ready: ${again} [KK864]`
  );
}
