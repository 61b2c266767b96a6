import { resourcesIn } from "../drift/plan";

/** A workload's volumes, as the state has them: a backup from before they were made doesn't know them. */
export interface StatefulVolumes {
  /** Each volume's claim, in the workload's namespace. */
  readonly claims: readonly VolumeClaim[];
  /** Object with the cluster id that the volumes carry. */
  readonly clusterId: { readonly namespace: string; readonly name: string; readonly id: string };
}

interface VolumeClaim {
  readonly namespace: string;
  /** @example "data-kafka-0" */
  readonly name: string;
  readonly className: string;
  /** @example "10Gi" */
  readonly size: string;
}

/** A volume on a host's disk, as find-volumes.sh prints it. */
export interface FoundVolume {
  readonly host: string;
  /** @example "/var/lib/kubeadm-kafka-volumes/pvc-1f2e_kafka_data-kafka-0" */
  readonly path: string;
  readonly clusterId: string;
  /** When something was last written there, in seconds since 1970. */
  readonly written: number;
}

interface StatefulSetInState {
  metadata: { name: string; namespace: string };
  spec: {
    replicas: number;
    selector: { matchLabels: Readonly<Record<string, string>> };
    volumeClaimTemplates: {
      metadata: { name: string };
      spec: { storageClassName: string; resources: { requests: { storage: string } } };
    }[];
  };
}

interface ConfigMapInState {
  metadata: { name: string; namespace: string };
  data?: Readonly<Record<string, string>>;
}

/** Kafka's volumes in the state; undefined if it was never made. @param exported output of `pulumi stack export --show-secrets` */
export function kafkaVolumes(exported: string): StatefulVolumes | undefined {
  const outputs = <T>(type: string): T[] =>
    resourcesIn(exported)
      .filter(({ urn }) => urn.split("::")[2]!.endsWith(type))
      .flatMap(({ outputs }) => (outputs ? [outputs as T] : []));
  const kept = outputs<ConfigMapInState>("kubernetes:core/v1:ConfigMap").find(({ data }) => data?.["clusterId"]);
  const id = kept?.data?.["clusterId"];
  if (!kept || id === undefined) return undefined;
  const claims = outputs<StatefulSetInState>("kubernetes:apps/v1:StatefulSet")
    .filter(({ spec }) => spec.selector.matchLabels["app.kubernetes.io/name"] === "kafka")
    .flatMap(({ metadata: { name, namespace }, spec }) =>
      Array.from({ length: spec.replicas }, (_, ordinal) =>
        spec.volumeClaimTemplates.map((template) => ({
          namespace,
          name: `${template.metadata.name}-${name}-${ordinal}`,
          className: template.spec.storageClassName,
          size: template.spec.resources.requests.storage,
        })),
      ).flat(),
    );
  return { claims, clusterId: { namespace: kept.metadata.namespace, name: kept.metadata.name, id } };
}

/** Key of an object in etcd. A snapshot that lacks the key's bytes lacks the object. */
const etcdKey = (kind: string, { namespace, name }: { readonly namespace: string; readonly name: string }) =>
  `/registry/${kind}/${namespace}/${name}`;

/** Keys in etcd of what the volumes need. */
export function keysOf({ claims, clusterId }: StatefulVolumes): string[] {
  return [...claims.map((claim) => etcdKey("persistentvolumeclaims", claim)), etcdKey("configmaps", clusterId)];
}

/** @param text what find-volumes.sh has printed */
export function parseVolumes(host: string, text: string): FoundVolume[] {
  const lines = text.split("\n").filter(Boolean);
  return lines.map((line) => {
    const [path, clusterId, written] = line.split("\t") as [string, string, string];
    return { host, path, clusterId, written: Number(written) };
  });
}

/** Volumes that a restore brings back, since the backup doesn't know them. */
export interface Adoption {
  /** Objects to make in the restored cluster. */
  readonly objects: readonly object[];
  /** What is brought back, in sentences. */
  readonly lines: readonly string[];
}

/**
 * How the volumes that a backup doesn't know come back: each gets its claim by the folder's name, as its StatefulSet makes it, and
 * the cluster the id that they carry. Of several folders of a claim, the one that was written last.
 *
 * @param known keys that the backup has
 * @param unreached why hosts couldn't be asked, in sentences
 * @param given claims whose volumes are given up, by name
 * @throws Error with a sentence for the user (KK981): a volume isn't found, and without it Kafka could start empty beside the others
 */
export function adoption(
  { claims, clusterId }: StatefulVolumes,
  known: readonly string[],
  found: readonly FoundVolume[],
  unreached: readonly string[],
  given: readonly string[] = [],
): Adoption {
  const unknown = claims.filter((claim) => !known.includes(etcdKey("persistentvolumeclaims", claim)));
  const matched = unknown.map((claim) => ({
    claim,
    volume: found
      .filter(({ path, clusterId: id }) => path.endsWith(`_${claim.namespace}_${claim.name}`) && id === clusterId.id)
      .sort((one, other) => other.written - one.written)[0],
  }));
  const missing = matched.filter(({ claim, volume }) => !volume && !given.includes(claim.name));
  if (missing.length > 0) {
    const names = missing.map(({ claim }) => claim.name).join(", ");
    throw new Error(
      [
        `the backup is from before the volumes of ${names} were made, and no host has them on its disk. Restored from it, Kafka would`,
        "get empty volumes in their place. Take a later backup; the last one is on the first worker, or in the bucket. Or start the",
        ...(unreached.length > 0
          ? [`hosts that can't be asked now (${unreached.join("; ")}),`]
          : ["hosts that have them,"]),
        `and run make restore again. If their disks are lost for good, give them up: without=${missing.map(({ claim }) => claim.name).join()}.`,
        "Nothing was changed. [KK981]",
      ].join(" "),
    );
  }
  const volumes = matched.flatMap(({ claim, volume }) => (volume ? [{ claim, volume }] : []));
  const lacksId = !known.includes(etcdKey("configmaps", clusterId));
  return {
    objects: [
      ...(lacksId ? [clusterIdObject(clusterId)] : []),
      ...volumes.map(({ claim, volume }) => volumeObject(claim, volume)),
    ],
    lines: [
      ...volumes.map(({ claim: { name }, volume: { host, path, written } }) => {
        const time = new Date(written * 1000).toISOString().replace(/\.\d+/, "");
        return `${name} comes back from ${path} on ${host}, last written at ${time}`;
      }),
      ...matched.flatMap(({ claim, volume }) => (volume ? [] : [`${claim.name} gets an empty volume, as you said`])),
      ...(lacksId ? [`Kafka's cluster id is ${clusterId.id}, as in the stack's state`] : []),
    ],
  };
}

function clusterIdObject({ namespace, name, id }: StatefulVolumes["clusterId"]): object {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data: { clusterId: id } };
}

/** A volume as the provisioner made it, for the claim of this name alone. It stays if the claim goes. */
function volumeObject({ namespace, name, className, size }: VolumeClaim, { host, path }: FoundVolume): object {
  const onHost = { key: "kubernetes.io/hostname", operator: "In", values: [host] };
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: path.split("/").at(-1)!.split("_")[0],
      annotations: {
        "pv.kubernetes.io/provisioned-by": "rancher.io/local-path",
        "local.path.provisioner/selected-node": host,
      },
    },
    spec: {
      accessModes: ["ReadWriteOnce"],
      capacity: { storage: size },
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
      hostPath: { path, type: "DirectoryOrCreate" },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [onHost] }] } },
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: className,
      volumeMode: "Filesystem",
    },
  };
}
