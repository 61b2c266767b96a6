import * as pulumi from "@pulumi/pulumi";

import { isIpv6 } from "../addresses/ipv6";
import type { Host, NodeSettings, Role } from "./host";
import { learnedHostKey } from "./learnedHostKey";
import { normalPlace } from "./place";

/** A machine that is there already: a server, a laptop, a VM that somebody else made. */
export interface ExistingHostArgs extends NodeSettings {
  /** Hostname and node name: a DNS label. The machine is given this hostname. */
  name: string;
  role: Role;
  /** IPv4 address at which the other hosts reach it. */
  address: string;
  /** It is gone for good, see Host. @default false */
  lost?: boolean | undefined;
  ssh: {
    /** Where Pulumi, or the bastion, reaches it. @default the address */
    host?: string | undefined;
    /** @default the list's */
    port?: number | undefined;
    /** @default the list's */
    user?: string | undefined;
    /**
     * The host's public key, `TYPE BASE64`, as `ssh-keyscan -t ed25519 HOST` prints it. `learn` trusts the one that is shown
     * at the first contact; not behind a bastion.
     */
    hostKey: string;
  };
}

/** How Pulumi gets into existing hosts where a host doesn't say otherwise. */
export interface ExistingHostsSsh {
  /** `root`, or one who may `sudo` without a password. */
  user: string;
  port: number;
  /** Whether the user's SSH agent logs in, in place of a private key. */
  agent: boolean;
  /** Through which all hosts are reached but itself. It knows the user by the same key. @default none */
  bastion?:
    | {
        host: string;
        port: number;
        /** @default the list's */
        user?: string | undefined;
        /** `TYPE BASE64` */
        hostKey: string;
      }
    | undefined;
}

export interface ExistingHostsArgs {
  hosts: readonly ExistingHostArgs[];
  ssh: ExistingHostsSsh;
  /** The private key that all of them let in, in OpenSSH's format; not used with an agent. */
  privateKey: pulumi.Output<string>;
}

/** Hosts that are there already are taken as they are: nothing is created, and nothing but the cluster is ever removed. */
export function existingHosts(
  { hosts, ssh: defaults, privateKey }: ExistingHostsArgs,
  opts: pulumi.CustomResourceOptions,
): readonly Host[] {
  // The agent's socket is found by the plugin, in the environment: it changes from login to login, and no step with it.
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
      apiServer: pulumi.output(`${isIpv6(host) ? `[${host}]` : host}:6443`),
      dependsOn: [],
    };
  });
}
