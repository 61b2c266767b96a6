import * as pulumi from "@pulumi/pulumi";

import { GcpHosts, type GcpHostsArgs } from "../../../components/hosts/gcp/gcpHosts";
import { outputsOf } from "../../support/standIns";

/** A resource as a program declares it. */
export interface Declared {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** What GcpHosts declares in a stack called `gcp`, and the hosts that it yields. */
export async function declareGcp(args: GcpHostsArgs): Promise<{ declared: Declared[]; hosts: GcpHosts }> {
  const declared: Declared[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        if (/^(gcp|command):/.test(type)) declared.push({ type, name, inputs });
        return { id: `id-of-${name}`, state: outputsOf({ type, name, inputs }) };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    "kubeadm-kafka",
    "gcp",
  );
  let hosts: GcpHosts | undefined;
  await pulumi.runtime.runInPulumiStack(async () => {
    hosts = new GcpHosts("hosts", args, {});
  });
  await pulumi.runtime.disconnect();
  return { declared, hosts: hosts! };
}

/** An output's value, secret or not. */
export async function valueOf<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => pulumi.unsecret(output).apply((value) => resolve(value)));
}
