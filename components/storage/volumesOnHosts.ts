import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../cluster/apiServer";
import type { Host } from "../hosts/host";

/** A claim that has a volume. */
interface Claim {
  metadata: { name: string; namespace: string; deletionTimestamp?: string };
  spec: { volumeName?: string };
}

/** A volume; one on a host's disk says which host has to run whoever uses it. */
interface Volume {
  metadata: { name: string };
  spec: {
    nodeAffinity?: {
      required?: { nodeSelectorTerms: { matchExpressions?: { key: string; values?: string[] }[] }[] };
    };
  };
}

/** What there is on the cluster. */
export interface VolumesOnHosts {
  readonly nodes: readonly { metadata: { name: string } }[];
  readonly claims: readonly Claim[];
  readonly volumes: readonly Volume[];
}

type ListedHost = Pick<Host, "name" | "lost">;

/**
 * Refuses, in previews as well, that a host is taken off the list whose disk holds volumes that are in use: they would go with
 * it, and their pods wait for it for good. Of volumes that are gone with their host it tells how to get others. Where the API
 * server can't be asked, it does neither.
 *
 * @param unused names of claims that hold nothing any more
 */
export function refuseToLoseVolumes(
  hosts: readonly ListedHost[],
  kubeconfig: pulumi.Output<string>,
  unused: pulumi.Output<readonly string[]>,
): void {
  pulumi.all([kubeconfig, unused]).apply(async ([text, empty]) => {
    let found: VolumesOnHosts;
    try {
      found = await look(new ApiServer(text));
    } catch (error) {
      return pulumi.log.debug(`volumes on hosts can't be seen: ${(error as Error).message}`);
    }
    const { wouldGo, gone } = volumesWithoutHost(found, hosts, new Set(empty));
    if (wouldGo.length) throw new pulumi.RunError(wouldGo.join("\n"));
    for (const warning of gone) await pulumi.log.warn(warning);
  });
}

async function look(apiServer: ApiServer): Promise<VolumesOnHosts> {
  const [nodes, claims, volumes] = await Promise.all([
    apiServer.list<VolumesOnHosts["nodes"][number]>("/api/v1/nodes"),
    apiServer.list<Claim>("/api/v1/persistentvolumeclaims"),
    apiServer.list<Volume>("/api/v1/persistentvolumes"),
  ]);
  return { nodes, claims, volumes };
}

/** A refusal for each node that would go with volumes in use, and a warning for each host that has gone with some. */
export function volumesWithoutHost(
  { nodes, claims, volumes }: VolumesOnHosts,
  listed: readonly ListedHost[],
  unused: ReadonlySet<string>,
): { wouldGo: string[]; gone: string[] } {
  const hostOf = new Map(volumes.map((volume) => [volume.metadata.name, onHost(volume)]));
  const stays = new Set(listed.filter(({ lost }) => !lost).map(({ name }) => name));
  const isLost = new Set(listed.filter(({ lost }) => lost).map(({ name }) => name));
  const isNode = new Set(nodes.map(({ metadata }) => metadata.name));

  const onOthers = new Map<string, Claim[]>();
  for (const claim of claims) {
    const host = hostOf.get(claim.spec.volumeName ?? "");
    const { name, deletionTimestamp } = claim.metadata;
    if (host === undefined || stays.has(host) || deletionTimestamp !== undefined || unused.has(name)) continue;
    onOthers.set(host, [...(onOthers.get(host) ?? []), claim]);
  }
  const lives = ([host]: [string, Claim[]]): boolean => isNode.has(host) && !isLost.has(host);
  const found = [...onOthers].sort();
  return {
    wouldGo: found
      .filter(lives)
      .map(
        ([host, held]) =>
          `${host} would leave with the volumes of ${named(held)}, which are on its disk. List it again; or, if others have ` +
          `copies of what is there, give these up, so that new ones are made elsewhere: ${deletion(held)}. The host was not touched. [KK806]`,
      ),
    gone: found
      .filter((entry) => !lives(entry))
      .map(
        ([host, held]) =>
          `the volumes of ${named(held)} are gone with ${host}, and their pods wait for it; to have new ones made elsewhere: ${deletion(held)}`,
      ),
  };
}

function onHost({ spec }: Volume): string | undefined {
  const expressions = spec.nodeAffinity?.required?.nodeSelectorTerms.flatMap((term) => term.matchExpressions ?? []);
  return expressions?.find(({ key }) => key === "kubernetes.io/hostname")?.values?.[0];
}

function named(claims: readonly Claim[]): string {
  return claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ");
}

function deletion(claims: readonly Claim[]): string {
  return claims
    .map(({ metadata }) => `kubectl delete pvc ${metadata.name} --namespace ${metadata.namespace} --wait=false`)
    .join("; ");
}
