import * as pulumi from "@pulumi/pulumi";

import { ContainerHosts } from "./containerHosts";
import type { ContainerHostArgs } from "./containerPlan";
import { type ExistingHostArgs, existingHosts } from "./existingHosts";
import type { HostGroup } from "./host";

export interface HostsArgs {
  /** Hosts to make in containers on this machine; or else… */
  containers?: readonly ContainerHostArgs[] | undefined;
  /** …machines that are there already. */
  existing?: readonly ExistingHostArgs[] | undefined;
  ssh: { user: string; port: number };
  sshPrivateKey: string;
  containerImage: string;
  guardedRanges: readonly string[];
}

/** The stack's hosts, whichever backend makes or finds them. */
export function createHosts(args: HostsArgs, opts: pulumi.ComponentResourceOptions): HostGroup {
  if (args.containers) {
    const { containers, containerImage, guardedRanges } = args;
    return new ContainerHosts("hosts", { hosts: containers, image: containerImage, guardedRanges }, opts);
  }
  const privateKey = pulumi.secret(args.sshPrivateKey);
  return { hosts: existingHosts({ hosts: args.existing ?? [], ssh: args.ssh, privateKey }) };
}
