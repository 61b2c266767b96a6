import { X509Certificate } from "node:crypto";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/**
 * Settings of backups that give a secret away, or that nothing can be encrypted to.
 *
 * @param encrypted keys of the config with encrypted values
 */
export function* backupMistakes({ kubernetes }: StackConfig, encrypted: readonly string[]): Mistakes {
  const { s3, encryptTo } = kubernetes.backups;
  if (s3 && !encrypted.includes("kubernetes")) {
    const message =
      "its secretAccessKey is in clear in the stack's file; set it with " +
      "`bin/pulumi config set --secret --path kubernetes.backups.s3.secretAccessKey`, and use a new key";
    yield mistake(codes.backupKeyInClear, "kubernetes.backups.s3", message);
  }
  const unfit = encryptTo === undefined ? undefined : whyUnfit(encryptTo);
  if (unfit !== undefined) {
    const message = `${unfit}; make one: openssl req -x509 -newkey rsa:3072 -nodes -days 36500 -subj "/CN=backups" -keyout backups.key -out backups.crt`;
    yield mistake(codes.unfitCertificate, "kubernetes.backups.encryptTo", message);
  }
}

/** Why nothing can be encrypted to a certificate; undefined where it can. */
function whyUnfit(pem: string): string | undefined {
  try {
    const type = new X509Certificate(pem).publicKey.asymmetricKeyType ?? "unknown";
    return ["rsa", "ec"].includes(type)
      ? undefined
      : `is a certificate of a key of type ${type}, to which openssl encrypts nothing`;
  } catch {
    return "is no certificate that can be read: copy the whole file";
  }
}
