import { local } from "@pulumi/command";
import * as pulumi from "@pulumi/pulumi";

import { bash } from "../hosts/localScript";

/**
 * The cluster's identity, which each of its hosts keeps in a file: project, stack and component, and a random part that tells the
 * stack from another checkout's of the same name. It stays the same as long as the stack's state.
 *
 * @example "kubeadm-kafka/dev/dev (1f2e3d4c)"
 */
export function clusterIdentity(name: string, opts: pulumi.CustomResourceOptions): pulumi.Output<string> {
  const random = new local.Command(
    `${name}-identity`,
    { create: "od -An -N4 -tx4 /dev/urandom | tr -d ' \\n'", interpreter: bash },
    // The hosts have the first one on file, so another script must not make a new one.
    { ...opts, ignoreChanges: ["create"] },
  );
  return pulumi.interpolate`${readableIdentity(name)} (${random.stdout})`;
}

/** The identity without its random part. @example "kubeadm-kafka/dev/dev" */
export function readableIdentity(name: string): string {
  return `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
}
