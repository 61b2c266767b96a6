import * as command from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import { localScripts } from "./localScript";

/**
 * The public key that a host shows at the first contact, seen from where Pulumi runs. The state keeps it: a host that shows another
 * key later is refused.
 */
export function learnedHostKey(
  name: string,
  { host, port }: { host: string; port: number },
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<string> {
  const shown = new command.local.Command(
    name,
    localScripts({ create: "learn-host-key.sh" }, { HOST: host, PORT: String(port) }),
    { ...opts, ignoreChanges: ["create", "environment"] },
  );
  return shown.stdout;
}
