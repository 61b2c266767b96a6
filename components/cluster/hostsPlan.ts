import type { KubeletSettings, Role } from "../hosts/host";

/** A host whose address is known. */
export interface PlannedHost {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly kubelet?: KubeletSettings | undefined;
}

/** Hosts by their role. */
export interface HostsByRole<H> {
  /** In the config's order. The first one creates the cluster; afterwards it is like the others. */
  readonly controlPlanes: readonly [H, ...H[]];
  readonly workers: readonly H[];
}

/** Splits hosts by their role. @throws Error where there is no control plane, which the stack's config refuses (KK206) */
export function byRole<H extends { role: Role }>(hosts: readonly H[]): HostsByRole<H> {
  const [first, ...others] = hosts.filter(({ role }) => role === "control-plane");
  if (!first) throw new Error("a cluster needs a control plane");
  return { controlPlanes: [first, ...others], workers: hosts.filter(({ role }) => role === "worker") };
}

/**
 * Whether each worker runs a proxy that balances between the control planes: several of them, and no load balancer in front.
 */
export function workersNeedProxy(controlPlanes: readonly unknown[], hasLoadBalancer: boolean): boolean {
  return controlPlanes.length > 1 && !hasLoadBalancer;
}

/** Hosts in the form that scripts read. @example "master=10.0.0.4 master-2=10.0.0.5" */
export function nameAndAddress(hosts: readonly PlannedHost[]): string {
  return hosts.map(({ name, address }) => `${name}=${address}`).join(" ");
}

/** How long pods may take to leave a node that is removed, in seconds. A dead node is recognised within a minute. */
export const DRAIN_SECONDS = "300";
