import { HOST_LABEL, type NodeMarks, repelsPods, ZONE_LABEL } from "../components/hosts/labels";
import type { StackConfig } from "./schema/schema";

interface RoleOfHost {
  readonly name: string;
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
  return hosts.filter((host) => !host.lost && reasonAgainstPods(kubernetes, hosts, host) === undefined);
}

/** Why a host repels ordinary pods, in the config's words; undefined where it takes them. */
export function reasonAgainstPods(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly RoleOfHost[],
  host: RoleOfHost & NodeMarks,
): string | undefined {
  const taint = host.taints?.find((each) => repelsPods({ taints: [each] }));
  if (taint !== undefined) return `its taint ${taint}`;
  if (host.role === "worker" || schedulesOnControlPlanes(kubernetes, hosts)) return undefined;
  return kubernetes.scheduleOnControlPlane === false
    ? "kubernetes.scheduleOnControlPlane, which is false,"
    : "kubernetes.scheduleOnControlPlane, which isn't set and so is false where there are workers,";
}

/**
 * The host that ordinary pods wait for, since their time to start runs from when they are declared; undefined where none
 * takes them. One that is ready is enough, and a control plane is it first.
 */
export function firstPodHost<H extends RoleOfHost & NodeMarks>(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly H[],
): H | undefined {
  const candidates = podHosts(kubernetes, hosts);
  return candidates.find(({ role }) => role === "control-plane") ?? candidates[0];
}

/** The zones that hosts are in, by host; undefined where none that runs pods is in one. */
export function zonesOf(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly (RoleOfHost & NodeMarks)[],
): Record<string, string> | undefined {
  const zoneOf = ({ labels }: NodeMarks): string => labels?.[ZONE_LABEL] ?? "";
  if (!podHosts(kubernetes, hosts).some(zoneOf)) return undefined;
  // A broker may be on a host that was closed to pods later.
  return Object.fromEntries(hosts.filter(zoneOf).map((host) => [host.name, zoneOf(host)]));
}

/** Kafka's racks: of which label of the nodes they are the values, and each node's by its name. */
export interface PlannedRacks {
  readonly label: string;
  readonly byHost: Readonly<Record<string, string>>;
}

/**
 * Zones are the racks. Without zones each host is a rack of its own, so that two replicas of a partition never share a host
 * while there is another; undefined where that changes nothing, since there is one broker, or one host whose
 * role takes pods. Those that are lost or tainted count: brokers must not be rolled because one of their hosts is away.
 */
export function racksOf(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly (RoleOfHost & NodeMarks)[],
  brokers: number,
): PlannedRacks | undefined {
  const zones = zonesOf(kubernetes, hosts);
  if (zones) return { label: ZONE_LABEL, byHost: zones };
  const onControlPlanes = schedulesOnControlPlanes(kubernetes, hosts);
  const ofRole = hosts.filter(({ role }) => role === "worker" || onControlPlanes);
  if (brokers < 2 || ofRole.length < 2) return undefined;
  return { label: HOST_LABEL, byHost: Object.fromEntries(hosts.map(({ name }) => [name, name])) };
}
