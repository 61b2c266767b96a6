import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { bash, localScript } from "./localScript";

/** An SSH key pair. */
export interface SshKey {
  /** A line for authorized_keys. @example "ssh-ed25519 AAAAC3Nz… kubeadm-kafka" */
  publicKey: pulumi.Output<string>;
  /** In OpenSSH's format. Secret: only the state has it, encrypted. */
  privateKey: pulumi.Output<string>;
}

/** Creates an SSH key that stays the same for the stack's life. @param type as ssh-keygen names it @default "ed25519" */
export function createSshKey(
  name: string,
  opts: pulumi.CustomResourceOptions,
  type: "ed25519" | "ecdsa" = "ed25519",
): SshKey {
  const key = new command.local.Command(
    name,
    {
      create: localScript("create-ssh-key.sh"),
      interpreter: bash,
      environment: { TYPE: type },
      logging: command.local.Logging.None,
    },
    // A new key would lock Pulumi out of the hosts, so an edited script must not make one.
    { ...opts, additionalSecretOutputs: ["stdout"], ignoreChanges: ["create", "environment"] },
  );
  const publicKeyStart = /^(ssh|ecdsa)-/m;
  return {
    publicKey: pulumi.unsecret(key.stdout.apply((keys) => keys.slice(keys.search(publicKeyStart)).trim())),
    privateKey: key.stdout.apply((keys) => keys.slice(0, keys.search(publicKeyStart))),
  };
}
