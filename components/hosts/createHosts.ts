import * as pulumi from "@pulumi/pulumi";

import { ContainerHosts } from "./containerHosts";
import type { ContainerHostArgs } from "./containerPlan";
import { type ExistingHostArgs, existingHosts, type ExistingHostsSsh } from "./existingHosts";
import { GcpHosts } from "./gcp/gcpHosts";
import type { GcpSettings, PodNetwork } from "./gcp/gcpPlan";
import type { HostGroup } from "./host";

export interface HostsArgs {
  /** Hosts to make in containers on this machine; or else… */
  containers?: readonly ContainerHostArgs[] | undefined;
  /** …to make on Google Cloud; or else… */
  gcp?: GcpSettings | undefined;
  /** …machines that are there already. */
  existing?: readonly ExistingHostArgs[] | undefined;
  ssh: ExistingHostsSsh;
  sshPrivateKey: string;
  containerImage: string;
  pods: PodNetwork;
  /** Range of the services, as a CIDR. */
  serviceCidr: string;
}

/** The stack's hosts, whichever backend makes or finds them. */
export function createHosts(args: HostsArgs, opts: pulumi.ComponentResourceOptions): HostGroup {
  if (args.containers) {
    const { containers, containerImage } = args;
    const guardedRanges = [args.pods.range, args.serviceCidr];
    return new ContainerHosts("hosts", { hosts: containers, image: containerImage, guardedRanges }, opts);
  }
  const privateKey = pulumi.secret(args.sshPrivateKey);
  if (args.gcp) {
    const given = args.sshPrivateKey ? { privateKey } : {};
    return new GcpHosts("hosts", { ...args.gcp, ...given, pods: args.pods }, opts);
  }
  return { hosts: existingHosts({ hosts: args.existing ?? [], ssh: args.ssh, privateKey }, opts) };
}
