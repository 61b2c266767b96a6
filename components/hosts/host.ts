import type { types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import type { NodeSettings, Role } from "./nodeSettings";

export type { KubeletSettings, NodeSettings, Role } from "./nodeSettings";

/**
 * A machine that can become a node, whatever it is: a container, a machine of one's own or a VM. Backends differ only
 * in how they come to it; from here on all hosts go through the same scripts.
 */
export interface Host extends NodeSettings {
  /** Hostname and node name. Unique, and plain: it goes into names of resources, so it must not be an output. */
  readonly name: string;
  readonly role: Role;
  /** SSH, as seen from where Pulumi runs. Holds the pinned host key and, as a secret, the private key. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** IPv4 address at which the other hosts reach this one. */
  readonly address: pulumi.Output<string>;
  /** Range of its pods, as a CIDR, where the hosts' network routes them to it. */
  readonly podRange?: string;
  /** `host:port`, or `[host]:port`, at which Pulumi reaches this host's port 6443, the API server's on a control plane. */
  readonly apiServer: pulumi.Output<string>;
  /** What has to exist before the first contact: the container, the VM. Empty for machines that are there already. */
  readonly dependsOn: readonly pulumi.Resource[];
  /** CPU and memory of its machine, in words that change with them. @default unknown: the stack doesn't size it */
  readonly size?: string | undefined;
  /** It is gone for good: the cluster lets it go, and nobody reaches for it, neither now nor when it is taken off the list. */
  readonly lost?: boolean;
  /** Only for a machine that the stack makes, and so may make anew. */
  readonly machine?: Machine;
}

/** A machine that the stack makes: what was done on it goes with it, and is done again on its successor. */
export interface Machine {
  /** What it goes away with: where this is deleted, nothing on the machine is undone before. */
  readonly resource: pulumi.Resource;
  /** Tells it from its successor of the same name: an instance's id, not its name. */
  readonly id: pulumi.Output<string>;
  /**
   * What can't change without another machine, as an output of this one. Where it changes, the engine takes the steps back
   * (leave, undo) on the machine that is still there, and only then replaces it. A machine that went away by itself has
   * left nothing to take back: its steps are done again on its successor.
   */
  readonly madeOf: pulumi.Output<string>;
}

/** A backend's load balancer in front of the control planes' API servers. */
export interface ApiLoadBalancer {
  /** IPv4 address that the workers resolve the endpoint's name to. Control planes resolve it to themselves. */
  readonly address: pulumi.Output<string>;
  /** `host:port` at which Pulumi reaches it. */
  readonly apiServer: pulumi.Output<string>;
  /** What has to exist before it balances anything. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** What a backend yields. */
export interface HostGroup {
  readonly hosts: readonly Host[];
  /** @default none: with several control planes, a proxy on each worker does its work */
  readonly loadBalancer?: ApiLoadBalancer;
}
