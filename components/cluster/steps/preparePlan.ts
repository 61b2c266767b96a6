import type { ArtifactSource } from "../../artifacts/source";
import type { ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";
import type { ClusterSettings } from "../kubeadmConfig";

/** What the hosts' own scripts have to know of a cluster beside what kubeadm is told. */
export interface HostSettings extends ClusterSettings {
  /** Folder that holds nothing but pods' volumes. */
  readonly volumesPath: string;
  /** What pods will run, most urgent first. */
  readonly podImages: readonly string[];
}

/** What the undo has to know; all else is on the host. */
export function undoInputs({ packages }: { packages: "remove" | "keep" }): ScriptInputs {
  return { PACKAGES: packages };
}

/** What the preparation of one host depends on: of other hosts nothing, so that one that comes or goes changes no other. */
export function prepareInputs(
  host: PlannedHost,
  settings: HostSettings,
  proxy: boolean,
  source: ArtifactSource,
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    KUBERNETES_VERSION: settings.version,
    POD_CIDR: settings.podCidr,
    VOLUMES_PATH: settings.volumesPath,
    PROXY: String(proxy),
    // A control plane has enough to do.
    POD_IMAGES: host.role === "worker" ? settings.podImages.join(" ") : "",
    KUBELET: host.kubelet && Object.keys(host.kubelet).length > 0 ? JSON.stringify(host.kubelet) : "",
    MIRROR: source.kind === "mirror" ? source.url.replace(/\/+$/, "") : "",
  };
}
