import * as pulumi from "@pulumi/pulumi";

import type { Host, NodeSettings, Role } from "./host";
import { learnedHostKey } from "./learnedHostKey";
import { apiServerAt, normalPlace } from "./place";

/** A machine that exists already: a server, a laptop, a VM that somebody else made. */
export interface ExistingHostArgs extends NodeSettings {
  /** Hostname and node name: a DNS label. `up` sets the machine's hostname to it. @example "worker-1" */
  name: string;
  role: Role;
  /** IPv4 address at which the other hosts reach this one. @example "10.0.0.4" */
  address: string;
  /** Whether the machine is gone for good, see Host. @default false */
  lost?: boolean | undefined;
  ssh: {
    /** Name or address at which Pulumi, or the bastion, reaches the host. @default the address */
    host?: string | undefined;
    /** @default ExistingHostsSsh's port */
    port?: number | undefined;
    /** @default ExistingHostsSsh's user */
    user?: string | undefined;
    /**
     * The host's public key, as `ssh-keyscan -t ed25519 HOST` prints it behind the name. `learn` trusts the key of the first
     * contact; it doesn't work behind a bastion.
     *
     * @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…"
     */
    hostKey: string;
  };
}

/** How Pulumi logs in to existing hosts, unless a host has settings of its own. */
export interface ExistingHostsSsh {
  /** `root`, or a user who may `sudo` without a password. */
  user: string;
  port: number;
  /** Whether the SSH agent has the key, instead of `privateKey`. */
  agent: boolean;
  /** Bastion to all hosts but itself. It accepts the same key. @default none */
  bastion?:
    | {
        host: string;
        port: number;
        /** @default ExistingHostsSsh's user */
        user?: string | undefined;
        /** Public key. @example "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…" */
        hostKey: string;
      }
    | undefined;
}

/** Machines that exist already, and the login to them. */
export interface ExistingHostsArgs {
  hosts: readonly ExistingHostArgs[];
  ssh: ExistingHostsSsh;
  /** Private key, in OpenSSH's format, that all hosts accept. Not used with an agent. */
  privateKey: pulumi.Output<string>;
}

/** Uses hosts that exist already: creates none, and removes nothing from them but the cluster. */
export function existingHosts(
  { hosts, ssh: defaults, privateKey }: ExistingHostsArgs,
  opts: pulumi.CustomResourceOptions,
): readonly Host[] {
  // The plugin finds the agent's socket in the environment. As an input it would change each step at every login.
  const login = { ...(!defaults.agent && { privateKey: pulumi.secret(privateKey) }), perDialTimeout: 10 };
  const { bastion } = defaults;
  const proxy = bastion && { ...bastion, user: bastion.user ?? defaults.user, ...login, dialErrorLimit: 3 };
  return hosts.map(({ name, role, address, lost = false, ssh, labels, taints, kubelet }) => {
    const { host = address, port = defaults.port, user = defaults.user } = ssh;
    const hostKey = ssh.hostKey === "learn" ? learnedHostKey(`${name}-host-key`, { host, port }, opts) : ssh.hostKey;
    const isBastion = bastion && normalPlace(bastion.host) === normalPlace(host) && bastion.port === port;
    return {
      name,
      role,
      lost,
      labels,
      taints,
      kubelet,
      connection: pulumi.output({
        ...login,
        ...{ host, port, user, hostKey, dialErrorLimit: 3 },
        ...(proxy && !isBastion && { proxy }),
      }),
      address: pulumi.output(address),
      apiServer: pulumi.output(apiServerAt(host)),
      dependsOn: [],
    };
  });
}
