import * as pulumi from "@pulumi/pulumi";

import type { Host, Role } from "./host";
import type { NodeMarks } from "./labels";

/** A machine that is there already: a server, a laptop, a VM that somebody else made. */
export interface ExistingHostArgs extends NodeMarks {
  /** Hostname and node name: a DNS label. The machine is given this hostname. */
  name: string;
  role: Role;
  /** IPv4 address at which the other hosts reach it. */
  address: string;
  /** It is gone for good, see Host. @default false */
  lost?: boolean | undefined;
  ssh: {
    /** Where Pulumi reaches it. @default the address */
    host?: string | undefined;
    /** @default the list's */
    port?: number | undefined;
    /** @default the list's */
    user?: string | undefined;
    /** The host's public key, `TYPE BASE64`, as `ssh-keyscan -t ed25519 HOST` prints it: nothing is trusted on first use. */
    hostKey: string;
  };
}

export interface ExistingHostsArgs {
  hosts: readonly ExistingHostArgs[];
  /** How Pulumi gets in where a host doesn't say otherwise; the user is `root`, or one who may `sudo` without a password. */
  ssh: { user: string; port: number };
  /** The private key that all of them let in, in OpenSSH's format. */
  privateKey: pulumi.Output<string>;
}

/** Hosts that are there already are taken as they are: nothing is created, and nothing but the cluster is ever removed. */
export function existingHosts({ hosts, ssh: defaults, privateKey }: ExistingHostsArgs): readonly Host[] {
  return hosts.map(({ name, role, address, lost = false, ssh, labels, taints }) => {
    const { host = address, port = defaults.port, user = defaults.user, hostKey } = ssh;
    const login = { host, port, user, hostKey, privateKey: pulumi.secret(privateKey) };
    return {
      name,
      role,
      lost,
      labels,
      taints,
      connection: pulumi.output({ ...login, dialErrorLimit: 3, perDialTimeout: 10 }),
      address: pulumi.output(address),
      apiServer: pulumi.output(`${host}:6443`),
      dependsOn: [],
    };
  });
}
