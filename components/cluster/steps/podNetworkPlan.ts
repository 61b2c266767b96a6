import type { ScriptInputs } from "../hostScript";
import type { ClusterSettings } from "../kubeadmConfig";

/** What the pod network needs of every host. */
export interface PodNetworkNeeds {
  /** Kernel module of its encapsulation. @default none */
  readonly module?: string | undefined;
  /** At which hosts take packets of each other's pods and routes: `udp 4789`, or `ipip`, a protocol without ports. */
  readonly ports: readonly string[];
  /** MTU of pods' interfaces, in bytes. @default 0, which the network finds out itself */
  readonly mtu?: number;
}

/** No other host is in it: a node that comes or goes has no other one checked again. */
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
 * What the check of a node's pod network has left out: one sentence, or none.
 *
 * @param printed by pod-network.sh
 * @param hosts names of those that are still to be nodes
 * @param again the command that checks the node again
 */
export function uncheckedWarning(
  node: string,
  printed: string,
  hosts: readonly string[],
  again: string,
): string | undefined {
  const { unchecked } = JSON.parse(printed) as { unchecked: string[] };
  const left = unchecked.filter((name) => hosts.includes(name));
  if (left.length === 0) return undefined;
  return (
    `${left.join(", ")} gave no sign of life when ${node} joined the pod network, so nobody knows whether packets get through ` +
    `between them. Once all of these nodes are Ready: ${again} [KK864]`
  );
}
