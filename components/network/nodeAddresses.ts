import * as pulumi from "@pulumi/pulumi";

import { AdminApiClient } from "../cluster/adminApiClient";
import { isMistake, reasonOf } from "../failures";
import { type AddressedNode, addressesOf } from "./policyPlan";

/** A node of a host in the config. */
interface ListedNode {
  readonly name: string;
  readonly address: string;
}

export interface NodeAddressesArgs {
  readonly kubeconfig: pulumi.Output<string>;
  /** The nodes, known once all have joined. */
  readonly nodes: pulumi.Output<readonly ListedNode[]>;
  /** Known once each node's agent has written its address. A preview of a new host doesn't know all of it, nor the addresses. */
  readonly after: readonly pulumi.Input<unknown>[];
  /** Addresses that the policies have by the stack's state. */
  readonly recorded: readonly string[];
}

/**
 * Addresses by which policies know processes on nodes, see `addressesOf`. Calico chooses those of tunnels, so they are read from
 * the API server. If that can't be asked, the recorded ones stay, so that a preview shows no change and no program loses its
 * connections; an `up` warns.
 */
export function addressesOfNodes({ kubeconfig, nodes, after, recorded }: NodeAddressesArgs): pulumi.Output<string[]> {
  const read = pulumi.all([kubeconfig, nodes, pulumi.all([...after])]).apply(async ([text, joined]) => {
    const found = await readAddresses(new AdminApiClient(text), joined);
    if (Array.isArray(found)) return found;
    const isPreview = pulumi.runtime.isDryRun();
    if (isPreview && recorded.length === 0) return pulumi.unknown as unknown as string[];
    if (!isPreview) void pulumi.log.warn(unreadWarning(found.failure));
    return [...new Set([...recorded, ...joined.map(({ address }) => address)])].sort();
  });
  return pulumi.unsecret(read);
}

/**
 * The addresses, or `failure`, the reason why the API server can't be asked. A node that isn't listed has none: it is about to leave, or
 * somebody else has added it.
 */
export async function readAddresses(
  apiServer: Pick<AdminApiClient, "list">,
  listed: readonly ListedNode[],
): Promise<string[] | { readonly failure: string }> {
  const names = new Set(listed.map(({ name }) => name));
  try {
    const nodes = await apiServer.list<AddressedNode>("/api/v1/nodes");
    return addressesOf(nodes.filter(({ metadata }) => names.has(metadata.name)));
  } catch (error) {
    if (isMistake(error)) throw error;
    return { failure: reasonOf(error) };
  }
}

/** Says what doesn't work while new tunnels' addresses are missing. */
function unreadWarning(reason: string): string {
  return (
    `The addresses of the nodes' tunnels could not be read (${reason}), so the policies keep the last ones. Until an up can read them, programs ` +
    "on a new host reach only the brokers on that host, if pods' packets go through tunnels. [KK564]"
  );
}
