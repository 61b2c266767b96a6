import * as pulumi from "@pulumi/pulumi";
import { AdminApiClient } from "../cluster/adminApiClient";
import { isMistake, reasonOf } from "../failures";
import { Refusal } from "../refusal";
import {
  type Claim,
  claimsByHost,
  type ClaimsByHost,
  judgeVolumes,
  type ListedHost,
  type Volume,
  type VolumesOnHosts,
} from "./volumesPlan";

/** What decides whether a config may be applied without losing volumes. */
export interface VolumesToKeep {
  /** Hosts of the config. */
  readonly hosts: readonly ListedHost[];
  /** The administrator's kubeconfig. */
  readonly kubeconfig: pulumi.Output<string>;
  /** Namespace whose pods have no tolerations, so that a node's taints repel them. @example "kafka" */
  readonly namespace: string;
  /** Whether a claim of that namespace, by its name, holds no data that is needed. */
  readonly isUnused: (claim: string) => boolean;
}

/**
 * Refuses to remove a host whose disk holds volumes in use, or to repel the pods that use them; in previews as well.
 *
 * Without a cluster the kubeconfig is unknown, and nothing is asked. If the API server doesn't answer, this only warns, since the
 * `up` may be what repairs it; leave.sh checks again, on a control plane, before the host is removed.
 *
 * @returns an output that resolves once nothing is refused
 * @throws Refusal in the output (KK806, KK840, KK844)
 */
export function refuseToLoseVolumes({ hosts, kubeconfig, namespace, isUnused }: VolumesToKeep): pulumi.Output<void> {
  return kubeconfig.apply(async (text) => {
    const found = await volumesNow(new AdminApiClient(text));
    if ("failure" in found) {
      void pulumi.log.warn(
        `It is unknown which volumes the hosts have, since the API server could not be asked (${found.failure}). Before a host leaves, its ` +
          "volumes are checked again on a control plane. A taint that keeps a broker from its volume isn't refused this time: set " +
          "none before this warning is gone.",
      );
      return;
    }
    const { refusals, warnings } = judgeVolumes(found, hosts, namespace, isUnused);
    if (refusals.length) throw new Refusal(refusals.join("\n"));
    for (const warning of warnings) void pulumi.log.warn(warning);
  });
}

/**
 * The claims whose volumes are on hosts' disks, without those that were given up. Empty if the API server can't be asked;
 * refuseToLoseVolumes warns of that.
 *
 * @param after what an `up` waits for before it asks. A preview doesn't wait.
 */
export function claimsOnHosts(
  kubeconfig: pulumi.Output<string>,
  after: pulumi.Output<unknown>,
): pulumi.Output<ClaimsByHost> {
  const when = pulumi.runtime.isDryRun() ? kubeconfig : pulumi.all([kubeconfig, after]).apply(([text]) => text);
  const claims = when.apply(async (text): Promise<ClaimsByHost> => {
    const found = await volumesNow(new AdminApiClient(text));
    if ("failure" in found) return new Map();
    const kept = found.claims.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
    return claimsByHost(kept, found.volumes);
  });
  return pulumi.unsecret(claims);
}

/** The volumes that the API server has now, or `failure`, the reason why it can't be asked. */
export async function volumesNow(apiServer: AdminApiClient): Promise<VolumesOnHosts | { readonly failure: string }> {
  try {
    const [nodes, claims, volumes] = await Promise.all([
      apiServer.list<VolumesOnHosts["nodes"][number]>("/api/v1/nodes"),
      apiServer.list<Claim>("/api/v1/persistentvolumeclaims"),
      apiServer.list<Volume>("/api/v1/persistentvolumes"),
    ]);
    return { nodes, claims, volumes };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { failure: reasonOf(error) };
  }
}
