import { type NodeMarks, repelsPods } from "../components/hosts/labels";
import type { StackConfig } from "./schema";

interface RoleOfHost {
  readonly role: "control-plane" | "worker";
  readonly lost?: boolean | undefined;
}

/** Whether control planes run ordinary pods: as configured, or where nobody else could. */
export function schedulesOnControlPlanes(
  { scheduleOnControlPlane }: StackConfig["kubernetes"],
  hosts: readonly RoleOfHost[],
): boolean {
  return scheduleOnControlPlane ?? hosts.every(({ lost, role }) => lost || role === "control-plane");
}

/** Those of the hosts that run ordinary pods, Kafka's among them. */
export function podHosts<H extends RoleOfHost & NodeMarks>(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly H[],
): H[] {
  const onControlPlanes = schedulesOnControlPlanes(kubernetes, hosts);
  return hosts.filter((host) => !host.lost && (host.role === "worker" || onControlPlanes) && !repelsPods(host));
}
