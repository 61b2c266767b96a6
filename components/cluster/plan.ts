import type { ArtifactSource } from "../artifacts/source";
import type { Role } from "../hosts/host";
import type { ScriptInputs } from "./hostScript";
import type { ClusterSettings } from "./kubeadmConfig";

/** What a host must have at least. */
export interface HostRequirements {
  /** Memory in MiB. @default 1700, what kubeadm asks of a control plane */
  memoryMiB?: number;
  /** Free space for /var/lib in GiB. @default 8 */
  diskGiB?: number;
}

/** A host with its addresses known. */
export interface PlannedHost {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
}

/**
 * The host that `kubeadm init` runs on, and the workers that join it.
 *
 * @throws when there isn't exactly one control plane; the stack's configuration has refused that before
 */
export function joinOrder<H extends { name: string; role: Role }>(hosts: readonly H[]): { first: H; workers: H[] } {
  const [first, ...more] = hosts.filter(({ role }) => role === "control-plane");
  if (!first || more.length) {
    throw new Error(`one control plane is needed, there are ${first ? more.length + 1 : 0}`);
  }
  return { first, workers: hosts.filter((host) => host !== first) };
}

export function preflightInputs(
  host: PlannedHost,
  settings: ClusterSettings,
  needs: HostRequirements = {},
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    KUBERNETES_VERSION: settings.version,
    POD_CIDR: settings.podCidr,
    SERVICE_CIDR: settings.serviceCidr,
    MIN_MEMORY_MIB: String(needs.memoryMiB ?? 1700),
    MIN_DISK_GIB: String(needs.diskGiB ?? 8),
  };
}

/** What the hosts' own scripts have to know of a cluster beside what kubeadm is told. */
export interface HostSettings extends ClusterSettings {
  /** Folder that holds nothing but pods' volumes. */
  readonly volumesPath: string;
}

/** What is written down on a host for the undo, beside what is found there. */
export function recordInputs(settings: Pick<HostSettings, "podCidr" | "volumesPath">): ScriptInputs {
  return { POD_CIDR: settings.podCidr, VOLUMES_PATH: settings.volumesPath };
}

/**
 * What the preparation of one host depends on. Of other hosts that is only the API server's address: were it the list of
 * all, adding one would be a change on every other.
 */
export function prepareInputs(
  host: PlannedHost,
  settings: HostSettings,
  endpointAddress: string,
  source: ArtifactSource,
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    ENDPOINT: settings.endpoint,
    ENDPOINT_ADDRESS: endpointAddress,
    KUBERNETES_VERSION: settings.version,
    ...recordInputs(settings),
    MIRROR: source.kind === "mirror" ? source.url.replace(/\/+$/, "") : "",
  };
}

/** What a preflight prints about its host. */
export interface HostFacts {
  readonly machineId: string;
}

/**
 * Hosts that are one machine under two names, or copies of one that kept its identity (Calico and the kubelet tell hosts
 * apart by it). One sentence each; empty when all differ.
 */
export function identityMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const byId = Map.groupBy(facts, ([, { machineId }]) => machineId);
  return [...byId]
    .filter(([, hosts]) => hosts.length > 1)
    .map(
      ([id, hosts]) =>
        `${hosts.map(([name]) => name).join(" and ")} have the same machine id ${id}: either it is one machine, or a copy; ` +
        `on a copy: sudo rm /etc/machine-id && sudo systemd-machine-id-setup [KK711]`,
    );
}
