import type * as pulumi from "@pulumi/pulumi";

import { contains, covers, isIpv4, parseRange } from "../addresses/ipv4";

/** Peers that a rule of a NetworkPolicy lets through. Their addresses are those that a packet has on the pod's host. */
export type Peer =
  | { readonly ipBlock: { readonly cidr: string; readonly except?: readonly string[] } }
  | { readonly namespaceSelector?: object; readonly podSelector?: object };

/** Packets that pods may send. No `ports`: any. */
export interface EgressRule {
  readonly to: pulumi.Input<readonly Peer[]>;
  readonly ports?: readonly { readonly protocol: "TCP" | "UDP"; readonly port: number }[];
}

/** Port of every API server; kubeadm's default. */
const API_SERVER_PORT = 6443;
const DNS_PORT = 53;

/** Every pod in every namespace. */
export const ANY_POD: Peer = { namespaceSelector: {} };

/**
 * The spec of a policy that lets nothing in and nothing out, for all pods of its namespace. Other policies add what may pass.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export const denyAll = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

/** All pods of namespaces, by the namespaces' names. @param names `*` stands for every namespace */
export function podsOfNamespaces(names: readonly string[]): Peer[] {
  if (names.includes("*")) return [ANY_POD];
  return names.map((name) => ({ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } } }));
}

/** Ranges of addresses. @example "10.0.0.0/8" */
export function ranges(cidrs: readonly string[]): Peer[] {
  return cidrs.map((cidr) => ({ ipBlock: { cidr } }));
}

/**
 * Ranges of clients outside of the cluster: without the addresses of pods, and of hosts, which pods' packets to other hosts have. A
 * range with nothing but such addresses stays, since somebody has named just these.
 *
 * @param pods range of all pods' addresses. @example "10.244.0.0/16"
 * @param hosts addresses of hosts, with those of their ends of the tunnels
 * @see https://docs.tigera.io/calico/latest/networking/configuring/workloads-outside-cluster
 */
export function rangesOutside(
  cidrs: readonly string[],
  { pods, hosts }: { readonly pods: string; readonly hosts: readonly string[] },
): Peer[] {
  const ofPods = parseRange(pods);
  const inside = [pods, ...hosts.filter((address) => !contains(ofPods, address)).map((address) => `${address}/32`)];
  return cidrs.map((cidr) => {
    const except = inside.filter((each) => each !== cidr && covers(parseRange(cidr), parseRange(each)));
    return { ipBlock: { cidr, ...(except.length > 0 && { except }) } };
  });
}

/** Single addresses. @example "10.0.0.4" */
export function addresses(each: readonly string[]): Peer[] {
  return ranges([...new Set(each)].sort().map((address) => `${address}/32`));
}

/** CoreDNS, by the names and labels that kubeadm gives it. */
export const toDns: EgressRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [
    { protocol: "UDP", port: DNS_PORT },
    { protocol: "TCP", port: DNS_PORT },
  ],
};

/** The API servers, at their hosts: a policy sees a packet to the Service `kubernetes` with the address that it is sent on to. */
export function toApiServers(peers: pulumi.Input<readonly Peer[]>): EgressRule {
  return { to: peers, ports: [{ protocol: "TCP", port: API_SERVER_PORT }] };
}

/** A Kubernetes node, as far as it is read here. */
export interface AddressedNode {
  metadata: { name: string; annotations?: Record<string, string> };
  status?: { addresses?: { type: string; address: string }[] };
}

/** Where Calico's agents write the address that their node has at its end of the tunnels. */
const TUNNEL_ANNOTATIONS = ["projectcalico.org/IPv4VXLANTunnelAddr", "projectcalico.org/IPv4IPIPTunnelAddr"];

/**
 * Addresses that packets of nodes' own processes have when they arrive at a pod of another node: the node's, or, if they went
 * through a tunnel, the one at its end, which is in the range of the pods. Nodes write these themselves: what is no IPv4 address would make
 * another rule, or none that the API server accepts.
 */
export function addressesOf(nodes: readonly AddressedNode[]): string[] {
  const each = nodes.flatMap(({ metadata, status }) => [
    ...(status?.addresses ?? []).filter(({ type }) => type === "InternalIP").map(({ address }) => address),
    ...TUNNEL_ANNOTATIONS.flatMap((name) => metadata.annotations?.[name] ?? []),
  ]);
  return [...new Set(each)].filter(isIpv4).sort();
}
