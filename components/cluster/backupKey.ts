import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";
import { bash } from "../hosts/localScript";
import { readScript } from "./hostScript";

/** The key pair of a stack's backups. */
export interface BackupKey {
  /** Certificate to encrypt to, PEM. */
  readonly certificate: pulumi.Output<string>;
  /** Private key, PEM. Secret: only the state has it, encrypted. Without it nobody can read the backups. */
  readonly privateKey: pulumi.Output<string>;
}

/** Creates a key pair that stays the same for the stack's life, so that it reads all of its backups. */
export function createBackupKey(name: string, opts: pulumi.CustomResourceOptions): BackupKey {
  const key = new local.Command(
    name,
    { create: readScript("create-backup-key"), interpreter: bash, logging: local.Logging.None },
    { ...opts, additionalSecretOutputs: ["stdout"], ignoreChanges: ["create"] },
  );
  const certificateStart = "-----BEGIN CERTIFICATE-----";
  const parts = key.stdout.apply((printed) => {
    const at = printed.indexOf(certificateStart);
    return [printed.slice(0, at).trim(), printed.slice(at).trim()] as const;
  });
  return { privateKey: parts.apply(([key]) => key), certificate: pulumi.unsecret(parts.apply(([, own]) => own)) };
}
