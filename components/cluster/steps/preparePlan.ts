import { type ArtifactSource, mirrorInputs } from "../../artifacts/source";
import type { ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";
import type { ClusterSettings } from "../kubeadmConfig";
import type { Maintenance } from "../maintenancePlan";
import type { BackupSettings } from "./backupsPlan";

/** Settings of a cluster that the preparation of hosts needs. */
export interface HostSettings extends ClusterSettings {
  /** Folder that holds nothing but pods' volumes. */
  readonly volumesPath: string;
  /** Images of pods, the most urgent first. */
  readonly podImages: readonly string[];
  readonly backups?: BackupSettings | undefined;
}

/** Inputs of undo.sh. All else that it needs is on the host. */
export function undoInputs({ packages }: { packages: "remove" | "keep" }): ScriptInputs {
  return { PACKAGES: packages };
}

/**
 * Inputs of record.sh and prepare.sh. No other host is in them, so that a new or removed host changes no other host's step.
 *
 * @param proxy whether the host will run a proxy to the API servers
 * @param REPORTER text of report-host.sh with its inputs, for a timer @default none: nobody asks what the host needs
 */
export function prepareInputs(
  host: PlannedHost,
  settings: HostSettings,
  proxy: boolean,
  source: ArtifactSource,
  REPORTER = "",
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    KUBERNETES_VERSION: settings.version,
    POD_CIDR: settings.podCidr,
    VOLUMES_PATH: settings.volumesPath,
    PROXY: String(proxy),
    UPLOADS: String(host.role === "control-plane" && uploads(settings.backups)),
    // A control plane pulls its own images first, and gets pods' images when they start.
    POD_IMAGES: host.role === "worker" ? settings.podImages.join(" ") : "",
    KUBELET: host.kubelet && Object.keys(host.kubelet).length > 0 ? JSON.stringify(host.kubelet) : "",
    ...mirrorInputs(source),
    REPORTER,
  };
}

/** Inputs of report-host.sh. */
export function reportInputs({ updates }: Maintenance, source: ArtifactSource): ScriptInputs {
  return { LOOK_FOR_UPDATES: String(updates === "newest"), MIRROR: mirrorInputs(source).MIRROR };
}

function uploads(backups: BackupSettings | undefined): boolean {
  return backups?.enabled === true && backups.s3 !== undefined;
}
