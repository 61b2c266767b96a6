import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../cluster/apiServer";
import { isMistake } from "../failures";
import { Refusal } from "../refusal";
import { type Claim, judgeVolumes, type ListedHost, type Volume, type VolumesOnHosts } from "./volumesPlan";

export interface VolumesToKeep {
  /** Hosts of the config. */
  readonly hosts: readonly ListedHost[];
  readonly kubeconfig: pulumi.Output<string>;
  /** Whose pods tolerate no taint, so that a node which repels pods repels them as well. */
  readonly namespace: string;
  /** Whether a claim there, by its name, holds nothing that is needed. */
  readonly isUnused: (claim: string) => boolean;
}

/**
 * Refuses, in previews as well, that a host is taken off the list, or closed to pods, whose disk holds volumes that are in use.
 * Where there is no cluster yet, there is nothing to ask. Where its API server doesn't answer this is a warning: an `up` may be
 * what mends it. No host leaves unasked then, since leave.sh asks again, on a control plane.
 *
 * @returns when it is known that nothing is refused
 * @throws Refusal in the output (KK806, KK840, KK844)
 */
export function refuseToLoseVolumes({ hosts, kubeconfig, namespace, isUnused }: VolumesToKeep): pulumi.Output<void> {
  return kubeconfig.apply(async (text) => {
    const found = await volumesNow(new ApiServer(text));
    if ("unseen" in found) {
      return pulumi.log.warn(
        `It is unknown which volumes the hosts have, since the API server could not be asked (${found.unseen}). A host that ` +
          "leaves the config is asked once more, on a control plane, before it goes. A taint that keeps a broker from its volume isn't " +
          "refused this time: set none before this warning is gone.",
      );
    }
    const { refusals, warnings } = judgeVolumes(found, hosts, namespace, isUnused);
    if (refusals.length) throw new Refusal(refusals.join("\n"));
    for (const warning of warnings) await pulumi.log.warn(warning);
  });
}

/** @returns `unseen` with the reason where the API server can't be asked */
export async function volumesNow(apiServer: ApiServer): Promise<VolumesOnHosts | { readonly unseen: string }> {
  try {
    const [nodes, claims, volumes] = await Promise.all([
      apiServer.list<VolumesOnHosts["nodes"][number]>("/api/v1/nodes"),
      apiServer.list<Claim>("/api/v1/persistentvolumeclaims"),
      apiServer.list<Volume>("/api/v1/persistentvolumes"),
    ]);
    return { nodes, claims, volumes };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unseen: (error as Error).message };
  }
}
