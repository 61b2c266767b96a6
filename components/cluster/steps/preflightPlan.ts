import type { KubeletSettings } from "../../hosts/host";
import type { ScriptInputs } from "../hostScript";
import { nameAndAddress, type PlannedHost } from "../hostsPlan";
import type { ClusterSettings } from "../kubeadmConfig";
import { LEAST_MEMORY_MIB } from "../leastMemory";
import type { PodNetworkNeeds } from "./podNetworkPlan";

/** What a host must have at least. */
export interface HostRequirements {
  /** Memory in MiB. @default LEAST_MEMORY_MIB */
  memoryMiB?: number;
  /** Free space for /var/lib in GiB. @default 8 */
  diskGiB?: number;
}

/** What a preflight has to know of a cluster. */
export interface PreflightSettings extends ClusterSettings {
  readonly podNetwork: PodNetworkNeeds;
  /** Folder that will hold pods' volumes. */
  readonly volumesPath: string;
}

/** @param controlPlanes all of them, for a control plane to ask whether it may move; a worker needs to know of none */
export function preflightInputs(
  host: PlannedHost,
  settings: PreflightSettings,
  controlPlanes: readonly PlannedHost[],
  proxy: boolean,
  needs: HostRequirements = {},
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    CONTROL_PLANES: nameAndAddress(controlPlanes),
    KUBERNETES_VERSION: settings.version,
    POD_CIDR: settings.podCidr,
    SERVICE_CIDR: settings.serviceCidr,
    POD_NETWORK_MODULE: settings.podNetwork.module ?? "",
    POD_NETWORK_PORTS: settings.podNetwork.ports.join("\n"),
    EVICTION_HARD: evictionLimits(host.kubelet),
    VOLUMES_PATH: settings.volumesPath,
    PROXY: String(proxy),
    MIN_MEMORY_MIB: String(needs.memoryMiB ?? LEAST_MEMORY_MIB),
    MIN_DISK_GIB: String(needs.diskGiB ?? 8),
  };
}

/** When the config has a host's kubelet evict pods, each signal as `SIGNAL=LIMIT`. */
function evictionLimits(kubelet: KubeletSettings = {}): string {
  const limits = Object.entries((kubelet["evictionHard"] ?? {}) as Record<string, string>);
  return limits.map(([signal, limit]) => `${signal}=${limit}`).join(" ");
}
