import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { bash } from "../hosts/localScript";

/**
 * Whose hosts these are, in words that are written on each of them: project, stack and component, and a random part by which
 * another checkout's stack of the same name is not taken for this one. It lives as long as the stack's state.
 */
export function clusterIdentity(name: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const random = new local.Command(
    `${name}-identity`,
    { create: "od -An -N4 -tx4 /dev/urandom | tr -d ' \\n'", interpreter: bash },
    // The hosts know the first one.
    { ...opts, ignoreChanges: ["create"] },
  );
  return pulumi.interpolate`${readableIdentity(name)} (${random.stdout})`;
}

/** The same without the random part. */
export function readableIdentity(name: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
}
