import * as pulumi from "@pulumi/pulumi";

import { AdminApiClient } from "../cluster/adminApiClient";
import { isMistake, reasonOf } from "../failures";
import { type AddressedNode, addressesOf } from "./policyPlan";

/**
 * Addresses by which policies know processes on nodes, see `addressesOf`. Calico chooses those of tunnels, so they are read from
 * the API server. If that can't be asked, a preview doesn't know them; an `up` warns, and goes on with the nodes' own addresses.
 *
 * @param nodes the nodes, known once all have joined
 * @param after known once each node's agent has written its address. A preview of a new host doesn't know all of it, nor the
 *   addresses
 */
export function addressesOfNodes(
  kubeconfig: pulumi.Output<string>,
  nodes: pulumi.Output<readonly { readonly address: string }[]>,
  after: readonly pulumi.Input<unknown>[],
): pulumi.Output<string[]> {
  const read = pulumi.all([kubeconfig, nodes, pulumi.all([...after])]).apply(async ([text, joined]) => {
    const found = await readAddresses(new AdminApiClient(text));
    if (Array.isArray(found)) return found;
    if (pulumi.runtime.isDryRun()) return pulumi.unknown as unknown as string[];
    void pulumi.log.warn(unreadWarning(found.failure));
    return joined.map(({ address }) => address);
  });
  return pulumi.unsecret(read);
}

/** The addresses, or `failure`, the reason why the API server can't be asked. */
export async function readAddresses(
  apiServer: Pick<AdminApiClient, "list">,
): Promise<string[] | { readonly failure: string }> {
  try {
    return addressesOf(await apiServer.list<AddressedNode>("/api/v1/nodes"));
  } catch (error) {
    if (isMistake(error)) throw error;
    return { failure: reasonOf(error) };
  }
}

/** Says what doesn't work while the tunnels' addresses are missing. */
function unreadWarning(reason: string): string {
  return (
    `The addresses of the nodes' tunnels could not be read (${reason}). Until an up can read them, programs on hosts reach only the brokers ` +
    "on their own host, if pods' packets go through tunnels. [KK564]"
  );
}
