import type { types } from "@pulumi/command";
import type * as pulumi from "@pulumi/pulumi";

export type Role = "control-plane" | "worker";

/**
 * A machine that can become a node, whatever it is: a container, a machine of one's own or a VM. Backends differ only
 * in how they come to it; from here on all hosts go through the same scripts.
 */
export interface Host {
  /** Hostname and node name. Unique, and plain: it goes into names of resources, so it must not be an output. */
  readonly name: string;
  readonly role: Role;
  /** SSH, as seen from where Pulumi runs. Holds the pinned host key and, as a secret, the private key. */
  readonly connection: pulumi.Output<types.input.remote.ConnectionArgs>;
  /** IPv4 address at which the other hosts reach this one. */
  readonly address: pulumi.Output<string>;
  /** `host:port` at which Pulumi reaches this host's port 6443, the API server's on a control plane. */
  readonly apiServer: pulumi.Output<string>;
  /** What has to exist before the first contact: the container, the VM. Empty for machines that are there already. */
  readonly dependsOn: readonly pulumi.Resource[];
}
