import * as command from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { bash, localScript } from "./localScript";

export interface SshKey {
  /** One line in OpenSSH's format, for authorized_keys. */
  publicKey: pulumi.Output<string>;
  /** Secret: kept encrypted in the state and nowhere else. */
  privateKey: pulumi.Output<string>;
}

/** An SSH key made for the stack. It stays the same for the stack's life. */
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
    // A new key would lock us out of the hosts: an edited script is no reason to make one.
    { ...opts, additionalSecretOutputs: ["stdout"], ignoreChanges: ["create", "environment"] },
  );
  const publicKeyStart = /^(ssh|ecdsa)-/m;
  return {
    publicKey: pulumi.unsecret(key.stdout.apply((keys) => keys.slice(keys.search(publicKeyStart)).trim())),
    privateKey: key.stdout.apply((keys) => keys.slice(0, keys.search(publicKeyStart))),
  };
}
