import { type ArtifactSource, mirrorInputs } from "../../artifacts/source";
import type { KubeletSettings } from "../../hosts/host";
import type { ScriptInputs } from "../hostScript";
import { nameAndAddress, type PlannedHost } from "../hostsPlan";
import type { ClusterSettings } from "../kubeadmConfig";
import { LEAST_MEMORY_MIB } from "../leastMemory";
import type { PodNetworkNeeds } from "./podNetworkPlan";

/** Least memory and disk of a host. */
export interface HostRequirements {
  /** Memory in MiB. @default LEAST_MEMORY_MIB, 1700 */
  memoryMiB?: number;
  /** Free disk space for /var/lib in GiB. @default 8 */
  diskGiB?: number;
}

/** Settings of a cluster that a preflight needs. */
export interface PreflightSettings extends ClusterSettings {
  readonly podNetwork: PodNetworkNeeds;
  /** Folder for pods' volumes. */
  readonly volumesPath: string;
  readonly source: ArtifactSource;
}

/**
 * Inputs of preflight.sh.
 *
 * @param controlPlanes all control planes, if the host is one: it needs another one to change its address. None for a worker.
 * @param proxy whether the host will run a proxy to the API servers
 */
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
    KMS_SOCKET: host.role === "control-plane" ? pluginSocket(settings) : "",
    MIN_MEMORY_MIB: String(needs.memoryMiB ?? LEAST_MEMORY_MIB),
    MIN_DISK_GIB: String(needs.diskGiB ?? 8),
    // Only with a mirror, so that no other stack's step changes.
    ...(settings.source.kind === "mirror" && mirrorInputs(settings.source)),
  };
}

/** Socket of the plug-in that is to encrypt Secrets. */
function pluginSocket({ encryptSecrets, secretsEncryption }: ClusterSettings): string {
  const { provider, kms } = secretsEncryption ?? {};
  return encryptSecrets && provider === "kms" && kms ? kms.socket : "";
}

/** The config's eviction limits of a host's kubelet. @example "nodefs.available=2Gi" */
function evictionLimits(kubelet: KubeletSettings = {}): string {
  const limits = Object.entries((kubelet["evictionHard"] ?? {}) as Record<string, string>);
  return limits.map(([signal, limit]) => `${signal}=${limit}`).join(" ");
}
