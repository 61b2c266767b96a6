import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** A plug-in that should encrypt Secrets, and that is unknown or switched off. */
export function* encryptionMistakes({ kubernetes: { encryptSecrets, secretsEncryption } }: StackConfig): Mistakes {
  if (secretsEncryption?.provider !== "kms") return;
  const key = "kubernetes.secretsEncryption";
  if (!secretsEncryption.kms) {
    yield mistake(
      codes.noPlugin,
      `${key}.kms`,
      "is missing, and provider is kms; set kms.socket to the plug-in's socket",
    );
  }
  if (!encryptSecrets) {
    const message =
      "kms encrypts nothing while kubernetes.encryptSecrets is false; set that to true, or provider to secretbox";
    yield mistake(codes.noPlugin, `${key}.provider`, message);
  }
}
