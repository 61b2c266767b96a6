import type { ScriptInputs } from "../hostScript";
import type { PlannedHost } from "../hostsPlan";
import type { SecretsEncryption } from "../apiServerConfig";
import { type ClusterSettings, initConfig } from "../kubeadmConfig";

/** Inputs of key-use.sh and key-drop.sh. No other host is in them, so that a new control plane changes no other's step. */
export function keyInputs(
  { address }: PlannedHost,
  { encryptSecrets }: ClusterSettings,
  { keyGeneration, provider, kms }: SecretsEncryption,
): ScriptInputs {
  return {
    ADDRESS: address,
    PROVIDER: encryptSecrets ? provider : "identity",
    KEY_GENERATION: String(keyGeneration),
    KMS_SOCKET: kms?.socket ?? "",
    KMS_TIMEOUT: kms ? `${kms.timeoutSeconds}s` : "",
  };
}

/** Inputs of key-add.sh. @param apiServerNames names and addresses at which clients outside reach the API servers */
export function keyAddInputs(
  host: PlannedHost,
  settings: ClusterSettings,
  encryption: SecretsEncryption,
  apiServerNames: readonly string[],
): ScriptInputs {
  const INIT_CONFIG = initConfig(settings, host.name, host.address, apiServerNames);
  return { ...keyInputs(host, settings, encryption), INIT_CONFIG };
}
