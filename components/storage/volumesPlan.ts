/** A PersistentVolumeClaim. @see https://kubernetes.io/docs/concepts/storage/persistent-volumes/ */
export interface Claim {
  metadata: { name: string; namespace: string; deletionTimestamp?: string };
  spec: { volumeName?: string };
}

/** A PersistentVolume. Where it is on a host's disk, its node affinity names the host. */
export interface Volume {
  metadata: { name: string };
  spec: {
    nodeAffinity?: {
      required?: { nodeSelectorTerms: { matchExpressions?: { key: string; values?: string[] }[] }[] };
    };
  };
}

/** Nodes, claims and volumes of the cluster. */
export interface VolumesOnHosts {
  readonly nodes: readonly { metadata: { name: string } }[];
  readonly claims: readonly Claim[];
  readonly volumes: readonly Volume[];
}

/** A host of the config. */
export interface ListedHost {
  readonly name: string;
  /** Whether the machine is gone for good. @default false */
  readonly lost?: boolean | undefined;
  /** Why the host repels pods. @example "its taint use=db:NoSchedule" @default it takes pods */
  readonly repelsBy?: string | undefined;
}

/** What applying a config would do to volumes in use. */
export interface JudgedVolumes {
  /** Why the config can't be applied, a sentence for each host. */
  readonly refusals: readonly string[];
  /** Which volumes are lost already, and how to go on. */
  readonly warnings: readonly string[];
}

/** Claims by the name of the host whose disk has their volumes. */
export type ClaimsByHost = ReadonlyMap<string, readonly Claim[]>;

/**
 * Judges what a config would do to volumes. Refused are
 *
 * - a node that would leave with volumes in use (KK806),
 * - a node that would repel the pods whose volumes it has (KK840),
 * - several nodes that would leave in one run with volumes whose claims are being deleted (KK844).
 *
 * A host that is gone already, with volumes in use, is a warning.
 *
 * @param namespace the namespace whose pods have no tolerations
 * @param isUnused whether a claim of that namespace, by its name, holds no data that is needed
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
  const refusals: string[] = leaving.length > 1 ? [leavingTogetherMessage(leaving)] : [];
  const warnings: string[] = [];
  for (const [name, held] of byHost) {
    const entry = host.get(name);
    if (entry && !entry.lost) {
      const repelled = held.filter(({ metadata }) => metadata.namespace === namespace);
      if (entry.repelsBy !== undefined && repelled.length > 0)
        refusals.push(repellingMessage(name, entry.repelsBy, repelled));
    } else if (isLeaving(name)) refusals.push(leavingMessage(name, held));
    else warnings.push(goneMessage(name, held));
  }
  return { refusals, warnings };
}

function leavingMessage(host: string, held: readonly Claim[]): string {
  return (
    `${host} would leave with the volumes of ${namesOf(held)}, which are on its disk. Leave it in the config as it was; or, if others have ` +
    `replicas of what is there, close the host to pods and give these up, so that up moves them: kubectl cordon ${host}; ` +
    `${deletionCommands(held)}. The host was not touched. [KK806]`
  );
}

function leavingTogetherMessage(leaving: readonly [string, readonly Claim[]][]): string {
  const hosts = leaving.map(([name]) => name);
  return (
    `${hosts.join(" and ")} would leave together, with the volumes of ${namesOf(leaving.flatMap(([, held]) => held))}, which were given up: ` +
    `what only they have would be lost. List ${hosts.slice(1).join(", ")} again, and take off one host an up. No host was touched. [KK844]`
  );
}

function repellingMessage(host: string, by: string, held: readonly Claim[]): string {
  return (
    `${host} has the volumes of ${namesOf(held)} on its disk, and by ${by} it would repel their pods, which can start nowhere else. ` +
    `Take that back; or, if others have replicas of what is there, give these up, so that up moves them: ${deletionCommands(held)}. ` +
    `No pod was moved. [KK840]`
  );
}

function goneMessage(host: string, held: readonly Claim[]): string {
  return `the volumes of ${namesOf(held)} are gone with ${host}, and their pods wait for it; to have new ones made elsewhere: ${deletionCommands(held)}`;
}

/** Claims by the host that has their volumes. */
export function claimsByHost(claims: readonly Claim[], volumes: readonly Volume[]): ClaimsByHost {
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

function namesOf(claims: readonly Claim[]): string {
  return claims.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ");
}

/** The commands that give volumes up. */
export function deletionCommands(claims: readonly Claim[]): string {
  return claims
    .map(({ metadata }) => `kubectl delete pvc ${metadata.name} --namespace ${metadata.namespace} --wait=false`)
    .join("; ");
}
