import { HOST_LABEL, type NodeMarks, repelsPods, ZONE_LABEL } from "../components/hosts/nodeMarks";
import type { StackConfig } from "./schema/schema";

interface RoleOfHost {
  readonly name: string;
  readonly role: "control-plane" | "worker";
  readonly lost?: boolean | undefined;
}

/** Whether control planes run ordinary pods: as configured, else if there is no worker. */
export function schedulesOnControlPlanes(
  { scheduleOnControlPlane }: StackConfig["kubernetes"],
  hosts: readonly RoleOfHost[],
): boolean {
  return scheduleOnControlPlane ?? hosts.every(({ lost, role }) => lost || role === "control-plane");
}

/** The hosts that run ordinary pods, including Kafka's. */
export function podHosts<H extends RoleOfHost & NodeMarks>(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly H[],
): H[] {
  return hosts.filter((host) => !host.lost && reasonAgainstPods(kubernetes, hosts, host) === undefined);
}

/** Why a host repels ordinary pods, in the config's words; undefined if it accepts them. */
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
 * The host that declarations of pods wait for, since a pod's time to start runs from its declaration. One ready host is enough, and a
 * control plane is ready first. Undefined if no host accepts pods.
 */
export function firstPodHost<H extends RoleOfHost & NodeMarks>(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly H[],
): H | undefined {
  const candidates = podHosts(kubernetes, hosts);
  return candidates.find(({ role }) => role === "control-plane") ?? candidates[0];
}

/** Each host's zone, by the host's name; undefined if no host that runs pods has a zone. */
export function zonesOf(
  kubernetes: StackConfig["kubernetes"],
  hosts: readonly (RoleOfHost & NodeMarks)[],
): Record<string, string> | undefined {
  const zoneOf = ({ labels }: NodeMarks): string => labels?.[ZONE_LABEL] ?? "";
  if (!podHosts(kubernetes, hosts).some(zoneOf)) return undefined;
  // A broker may be on a host that was closed to pods later.
  return Object.fromEntries(hosts.filter(zoneOf).map((host) => [host.name, zoneOf(host)]));
}

/** Kafka's racks: the node label whose values they are, and each node's rack by the node's name. */
export interface PlannedRacks {
  readonly label: string;
  readonly byHost: Readonly<Record<string, string>>;
}

/**
 * Zones are the racks. Without zones each host is a rack, so that two replicas of a partition never share a host while there is
 * another. Undefined if racks would change nothing, since there is one broker, or one host whose role takes pods. Lost and tainted
 * hosts count: brokers must not be rolled because one of their hosts is away.
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
