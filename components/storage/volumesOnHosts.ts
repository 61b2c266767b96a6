import * as pulumi from "@pulumi/pulumi";
import { ApiServer } from "../cluster/apiServer";

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

/**
 * Refuses, in previews as well, that a host is taken off the list whose disk holds volumes that are in use: they would go with
 * it, and their pods wait for it for good. Where the API server can't be asked, nothing is refused, nor can a node leave then.
 *
 * @param hosts all of the list, also those that are lost, with which their volumes are lost anyway
 * @param unused names of claims that hold nothing any more
 */
export function refuseToLoseVolumes(
  hosts: readonly { name: string }[],
  kubeconfig: pulumi.Output<string>,
  unused: pulumi.Output<readonly string[]>,
): void {
  const listed = new Set(hosts.map(({ name }) => name));
  pulumi.all([kubeconfig, unused]).apply(async ([text, empty]) => {
    let found: VolumesOnHosts;
    try {
      found = await look(new ApiServer(text));
    } catch (error) {
      return pulumi.log.debug(`volumes on hosts can't be seen: ${(error as Error).message}`);
    }
    const mistakes = volumesThatGo(found, listed, new Set(empty));
    if (mistakes.length) throw new pulumi.RunError(mistakes.join("\n"));
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

/** A refusal for each node that isn't listed and has volumes that claims hold on to. */
export function volumesThatGo(
  { nodes, claims, volumes }: VolumesOnHosts,
  listed: ReadonlySet<string>,
  unused: ReadonlySet<string>,
): string[] {
  const hostOf = new Map(volumes.map((volume) => [volume.metadata.name, onHost(volume)]));
  const held = claims.filter(({ metadata }) => !metadata.deletionTimestamp && !unused.has(metadata.name));
  return nodes
    .map(({ metadata }) => metadata.name)
    .filter((node) => !listed.has(node))
    .flatMap((node) => {
      const lost = held.filter(({ spec }) => spec.volumeName && hostOf.get(spec.volumeName) === node);
      return lost.length > 0 ? [refusal(node, lost)] : [];
    });
}

function onHost({ spec }: Volume): string | undefined {
  const expressions = spec.nodeAffinity?.required?.nodeSelectorTerms.flatMap((term) => term.matchExpressions ?? []);
  return expressions?.find(({ key }) => key === "kubernetes.io/hostname")?.values?.[0];
}

function refusal(node: string, claims: readonly Claim[]): string {
  const named = claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ");
  const deletes = claims.map(
    ({ metadata }) => `kubectl delete pvc ${metadata.name} --namespace ${metadata.namespace} --wait=false`,
  );
  return (
    `${node} would leave with the volumes of ${named}, which are on its disk. List it again; or, if others have copies of ` +
    `what is there, give these up, so that new ones are made elsewhere: ${deletes.join("; ")}. The host was not touched. [KK806]`
  );
}
