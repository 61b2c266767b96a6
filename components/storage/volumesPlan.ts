/** A claim that has a volume. */
export interface Claim {
  metadata: { name: string; namespace: string; deletionTimestamp?: string };
  spec: { volumeName?: string };
}

/** A volume; one on a host's disk says which host has to run whoever uses it. */
export interface Volume {
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

/** A host of the config. */
export interface ListedHost {
  readonly name: string;
  readonly lost?: boolean | undefined;
  /** Why it takes no ordinary pods: `its taint use=db:NoSchedule`. @default it takes them */
  readonly repelsBy?: string | undefined;
}

/** What a config does to the volumes that are in use. */
export interface JudgedVolumes {
  /** Why it can't be done, a sentence for each host. */
  readonly refusals: readonly string[];
  /** What is lost already, and how to go on. */
  readonly warnings: readonly string[];
}

/** Claims by the host that has their volumes on its disk. */
export type ClaimsByHost = ReadonlyMap<string, readonly Claim[]>;

/**
 * Refuses each node that would leave with volumes in use, each one that would repel the pods whose volumes it has, and several
 * that would leave at once with volumes that were given up; warns of each host that is gone with some.
 *
 * @param namespace whose pods tolerate no taint
 * @param isUnused whether a claim of that namespace, by its name, holds nothing that is needed
 */
export function judgeVolumes(
  found: VolumesOnHosts,
  listed: readonly ListedHost[],
  namespace: string,
  isUnused: (claim: string) => boolean,
): JudgedVolumes {
  const isUsed = ({ metadata: { name, namespace: its, deletionTimestamp } }: Claim): boolean =>
    deletionTimestamp === undefined && !(its === namespace && isUnused(name));
  const byHost = [...claimsByHost(found.claims.filter(isUsed), found.volumes)].sort();
  const host = new Map(listed.map((each) => [each.name, each]));
  const isNode = new Set(found.nodes.map(({ metadata }) => metadata.name));

  const isLeaving = (name: string): boolean => !host.has(name) && isNode.has(name);
  const givenUp = found.claims.filter(
    ({ metadata }) => metadata.namespace === namespace && metadata.deletionTimestamp !== undefined,
  );
  const leaving = [...claimsByHost(givenUp, found.volumes)].filter(([name]) => isLeaving(name)).sort();
  const refusals: string[] = leaving.length > 1 ? [together(leaving)] : [];
  const warnings: string[] = [];
  for (const [name, held] of byHost) {
    const entry = host.get(name);
    if (entry && !entry.lost) {
      const repelled = held.filter(({ metadata }) => metadata.namespace === namespace);
      if (entry.repelsBy !== undefined && repelled.length > 0) refusals.push(repels(name, entry.repelsBy, repelled));
    } else if (isLeaving(name)) refusals.push(leaves(name, held));
    else warnings.push(isGone(name, held));
  }
  return { refusals, warnings };
}

function leaves(host: string, held: readonly Claim[]): string {
  return (
    `${host} would leave with the volumes of ${named(held)}, which are on its disk. Leave it in the config as it was; or, if others have ` +
    `replicas of what is there, close the host to pods and give these up, so that up moves them: kubectl cordon ${host}; ` +
    `${deletion(held)}. The host was not touched. [KK806]`
  );
}

function together(leaving: readonly [string, readonly Claim[]][]): string {
  const hosts = leaving.map(([name]) => name);
  return (
    `${hosts.join(" and ")} would leave together, with the volumes of ${named(leaving.flatMap(([, held]) => held))}, which were given up: ` +
    `what only they have would be lost. List ${hosts.slice(1).join(", ")} again, and take off one host an up. No host was touched. [KK844]`
  );
}

function repels(host: string, by: string, held: readonly Claim[]): string {
  return (
    `${host} has the volumes of ${named(held)} on its disk, and by ${by} it would repel their pods, which can start nowhere else. ` +
    `Take that back; or, if others have replicas of what is there, give these up, so that up moves them: ${deletion(held)}. ` +
    `No pod was moved. [KK840]`
  );
}

function isGone(host: string, held: readonly Claim[]): string {
  return `the volumes of ${named(held)} are gone with ${host}, and their pods wait for it; to have new ones made elsewhere: ${deletion(held)}`;
}

function claimsByHost(claims: readonly Claim[], volumes: readonly Volume[]): ClaimsByHost {
  const hostOf = new Map(volumes.map((volume) => [volume.metadata.name, onHost(volume)]));
  const onHosts = claims.flatMap((claim) => {
    const host = hostOf.get(claim.spec.volumeName ?? "");
    return host === undefined ? [] : [{ host, claim }];
  });
  const grouped = Map.groupBy(onHosts, ({ host }) => host);
  return new Map([...grouped].map(([host, each]) => [host, each.map(({ claim }) => claim)]));
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
