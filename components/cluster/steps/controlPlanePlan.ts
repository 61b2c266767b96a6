import { apiServerFiles } from "../apiServerConfig";
import type { ScriptInputs } from "../hostScript";
import { DRAIN_SECONDS, nameAndAddress, type PlannedHost } from "../hostsPlan";
import { type ClusterSettings, controlPlaneJoinConfig, fixedSettings, initConfig } from "../kubeadmConfig";
import type { InitResult } from "../kubeconfig";
import type { RestoreRequest } from "../restore/requestPlan";
import { parseAdmission } from "./admissionPlan";

/**
 * Inputs of init.sh.
 *
 * @param apiServerNames names and addresses at which clients outside reach the API servers
 */
export function initInputs(
  first: PlannedHost,
  settings: ClusterSettings,
  apiServerNames: readonly string[],
): ScriptInputs {
  return {
    ADDRESS: first.address,
    ENDPOINT: settings.endpoint,
    // The authority's files don't exist yet. control-plane-config.sh adds the flag that names one.
    KUBEADM_CONFIG: initConfig(
      { ...settings, authorityGeneration: undefined },
      first.name,
      first.address,
      apiServerNames,
    ),
    FIXED: fixedSettings(settings),
    ENCRYPT_SECRETS: String(settings.encryptSecrets),
    KEY_GENERATION: String(settings.secretsEncryption?.keyGeneration ?? ""),
    AUTHORITY_GENERATION: String(settings.authorityGeneration ?? ""),
    ...apiServerFiles(settings),
  };
}

/**
 * Inputs of control-plane.sh. They include all control planes: a host needs another one to join, and the last host of the list
 * removes those that aren't listed. They include no worker, so that a new worker changes no control plane's step.
 *
 * @param printed result of admit.sh on another control plane @default there is no other one
 * @param restore the restore that this run is asked for @default none
 */
export function controlPlaneInputs(
  host: PlannedHost,
  settings: ClusterSettings,
  controlPlanes: readonly PlannedHost[],
  apiServerNames: readonly string[],
  { authority, certificateKey }: InitResult,
  printed?: string,
  restore?: RestoreRequest,
): ScriptInputs {
  const admission = printed === undefined ? undefined : parseAdmission(printed);
  return {
    ADDRESS: host.address,
    ENDPOINT: settings.endpoint,
    KUBEADM_CONFIG: controlPlaneJoinConfig(settings, host.name, host.address, certificateKey),
    INIT_CONFIG: initConfig(settings, host.name, host.address, apiServerNames),
    // The first one, from init, may have been exchanged since.
    AUTHORITY: admission?.authority || authority,
    CERTIFICATE_KEY: certificateKey,
    CERTIFICATE: admission?.certificate ?? "",
    CONTROL_PLANES: nameAndAddress(controlPlanes),
    IS_LAST: String(host.name === controlPlanes.at(-1)?.name),
    FIXED: fixedSettings(settings),
    SCHEDULE_ON_CONTROL_PLANE: String(settings.scheduleOnControlPlane),
    DRAIN_SECONDS,
    RESTORE: restore?.host === host.name ? restore.name : "",
    ...apiServerFiles(settings),
  };
}

/**
 * Inputs of control-plane-config.sh.
 *
 * @param isFirst whether the host is the config's first control plane. It writes the settings into the cluster, since upgrades begin
 *   there: the others' version may be older.
 */
export function controlPlaneConfigInputs(
  host: PlannedHost,
  settings: ClusterSettings,
  apiServerNames: readonly string[],
  isFirst: boolean,
): ScriptInputs {
  return {
    INIT_CONFIG: initConfig(settings, host.name, host.address, apiServerNames),
    TELLS_KUBEADM: String(isFirst),
    ...apiServerFiles(settings),
  };
}
