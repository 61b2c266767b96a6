import type { types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

import type { NodeSettings, Role } from "./nodeSettings";

export type { KubeletSettings, NodeSettings, Role } from "./nodeSettings";

/**
 * A machine that can become a node: a container, an existing machine or a VM. Backends differ in how they get it; all hosts then
 * go through the same scripts.
 */
export interface Host extends NodeSettings {
  /** Hostname and node name, unique. No output, since resources are named after it. @example "worker-1" */
  readonly name: string;
  readonly role: Role;
  /** SSH connection from where Pulumi runs. It holds the pinned host key and, as a secret, the private key. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** IPv4 address at which the other hosts reach this one. */
  readonly address: pulumi.Output<string>;
  /** Range of its pods, as a CIDR. @default none: the hosts' network doesn't route pods @example "10.200.20.0/24" */
  readonly podRange?: string;
  /** `host:port` at which Pulumi reaches this host's port 6443, a control plane's API server. @example "[fd00::4]:6443" */
  readonly apiServer: pulumi.Output<string>;
  /** Resources that the first contact depends on: the container, the VM. Empty for existing machines. */
  readonly dependsOn: readonly pulumi.Resource[];
  /** CPU and memory of its machine in words. @default unknown: the stack doesn't set them @example "2 CPUs, 3g memory" */
  readonly size?: string | undefined;
  /** Whether the machine is gone for good: its Node is removed, and no step connects to it any more. @default false */
  readonly lost?: boolean;
  /** The machine, where the stack creates it. @default none: the machine exists already */
  readonly machine?: Machine;
}

/** A machine that the stack creates. The steps on it go with it, and run again on its successor. */
export interface Machine {
  /** When this resource is deleted, the machine goes with it, and no step on the machine is undone before. */
  readonly resource: pulumi.Resource;
  /** Differs between the machine and its successor of the same name: an instance's id, not its name. */
  readonly id: pulumi.Output<string>;
  /**
   * Properties that can't change without replacing the machine, as an output of it. When they change, the engine first deletes
   * the steps (leave, undo) on the machine that still exists, and then replaces it. When a machine disappeared by itself, there
   * is nothing to undo, and the steps run on its successor.
   */
  readonly madeOf: pulumi.Output<string>;
}

/** A load balancer in front of the control planes' API servers. */
export interface ApiLoadBalancer {
  /** IPv4 address to which workers resolve the endpoint's name. Control planes resolve it to themselves. */
  readonly address: pulumi.Output<string>;
  /** `host:port` at which Pulumi reaches the load balancer. */
  readonly apiServer: pulumi.Output<string>;
  /** Resources that must exist before connections get through. */
  readonly dependsOn: readonly pulumi.Resource[];
}

/** The hosts of a backend. */
export interface HostGroup {
  readonly hosts: readonly Host[];
  /** @default none: with several control planes, each worker runs a proxy */
  readonly loadBalancer?: ApiLoadBalancer;
}
