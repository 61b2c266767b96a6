import { listHosts } from "./listedHosts";
import type { Mistake } from "./mistakes";
import { addressMistakes } from "./rules/addresses";
import { artifactMistakes } from "./rules/artifacts";
import { backupMistakes } from "./rules/backups";
import { encryptionMistakes } from "./rules/encryption";
import { gcpMistakes } from "./rules/gcp";
import { hostMistakes } from "./rules/hosts";
import { kafkaMistakes } from "./rules/kafka";
import { kubeletMistakes } from "./rules/kubelet";
import { certificateMistakes, kubernetesMistakes } from "./rules/kubernetes";
import { loginMistakes } from "./rules/logins";
import { memoryMistakes } from "./rules/memory";
import { networkMistakes } from "./rules/network";
import { storageMistakes } from "./rules/storage";
import { userMistakes } from "./rules/users";
import type { StackConfig } from "./schema/schema";

/**
 * All mistakes that need more than one value of the config to judge, in the order of the config's keys.
 *
 * @param encrypted top-level keys with encrypted values, which no message repeats
 */
export function findMistakes(stack: string, config: StackConfig, encrypted: readonly string[] = []): Mistake[] {
  const listed = listHosts(stack, config);
  const hosts = listed.filter(({ lost }) => !lost);
  return [
    ...hostMistakes(config, listed),
    ...kubeletMistakes(config, hosts),
    ...loginMistakes(config),
    ...gcpMistakes(stack, config),
    ...kubernetesMistakes(config),
    ...encryptionMistakes(config),
    ...certificateMistakes(config),
    ...backupMistakes(config, encrypted),
    ...addressMistakes(config, hosts),
    ...storageMistakes(config),
    ...kafkaMistakes(config, encrypted),
    ...userMistakes(config, encrypted),
    ...networkMistakes(config),
    ...memoryMistakes(config),
    ...artifactMistakes(config),
  ];
}
