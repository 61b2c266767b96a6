import type { KubeletSettings, Role } from "../hosts/host";

/** A host with its address known. */
export interface PlannedHost {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly kubelet?: KubeletSettings | undefined;
}

/** The hosts by what they do. */
export interface HostsByRole<H> {
  /** In the config's order. The first one makes the cluster where there is none; afterwards it is like the others. */
  readonly controlPlanes: readonly [H, ...H[]];
  readonly workers: readonly H[];
}

/** @throws when there is no control plane; the stack's configuration has refused that before */
export function byRole<H extends { role: Role }>(hosts: readonly H[]): HostsByRole<H> {
  const [first, ...others] = hosts.filter(({ role }) => role === "control-plane");
  if (!first) throw new Error("a cluster needs a control plane");
  return { controlPlanes: [first, ...others], workers: hosts.filter(({ role }) => role === "worker") };
}

/**
 * Whether a proxy on each worker balances between the control planes. Not where there is a load balancer, or nothing to
 * balance.
 */
export function workersNeedProxy(controlPlanes: readonly unknown[], hasLoadBalancer: boolean): boolean {
  return controlPlanes.length > 1 && !hasLoadBalancer;
}

/** `NAME=ADDRESS …`, as scripts read hosts. */
export function nameAndAddress(hosts: readonly PlannedHost[]): string {
  return hosts.map(({ name, address }) => `${name}=${address}`).join(" ");
}

/** How long pods may take to leave a node that goes, in seconds. A dead node shows as such within a minute. */
export const DRAIN_SECONDS = "300";
