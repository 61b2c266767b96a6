import * as pulumi from "@pulumi/pulumi";

import { ContainerHosts } from "./containerHosts";
import type { ContainerHostArgs } from "./containerPlan";
import { type ExistingHostArgs, existingHosts, type ExistingHostsSsh } from "./existingHosts";
import { GcpHosts } from "./gcp/gcpHosts";
import type { GcpSettings, PodNetwork } from "./gcp/gcpPlan";
import type { HostGroup } from "./host";

/** The stack's hosts: one of `containers`, `gcp` and `existing`. */
export interface HostsArgs {
  /** Hosts to create in containers on this machine. */
  containers?: readonly ContainerHostArgs[] | undefined;
  /** Hosts to create on Google Cloud. */
  gcp?: GcpSettings | undefined;
  /** Machines that exist already. */
  existing?: readonly ExistingHostArgs[] | undefined;
  /** Login to existing hosts. */
  ssh: ExistingHostsSsh;
  /** Private key in OpenSSH's format; empty where there is none. */
  sshPrivateKey: string;
  /** Docker image of hosts in containers. */
  containerImage: string;
  pods: PodNetwork;
  /** IPv4 range of services, as a CIDR. */
  serviceCidr: string;
}

/** Creates or finds the stack's hosts. */
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
