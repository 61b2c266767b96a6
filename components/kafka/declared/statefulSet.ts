import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HOST_LABEL } from "../../hosts/nodeMarks";
import {
  DEFAULTS_ANNOTATION,
  ENCRYPTION_ANNOTATION,
  NODES_ANNOTATION,
  nodesNote,
  VERSION_ANNOTATION,
} from "../plan/annotations";
import { nodeCertificatesName } from "../plan/certificates";
import { hasTls } from "../plan/encryption";
import { listenersOf, type KafkaPlan, type KafkaPool } from "../plan/kafkaPlan";
import { labels } from "../plan/labels";
import { CERTIFICATES_DIR } from "../plan/properties";
import { addressMapName } from "./addressMap";
import { ROLES_ANNOTATION, STORAGE_ANNOTATION } from "./changeGuard";
import { formedMarkerName } from "./formedMarker";
import { rackMapName } from "./rackMap";

/** Settings of a pool's pods, with defaults filled in. */
export interface NodePods {
  readonly image: string;
  /** Kafka's version, which the guard compares. */
  readonly version: string;
  /** Brokers' defaults that decide which records are deleted. The next drain compares with them. */
  readonly defaults: Readonly<Record<string, string>>;
  /** The number of nodes to note, by the pool's name, from `notesOfNodes`. @default the planned number */
  readonly notes?: pulumi.Input<Readonly<Record<string, string>>> | undefined;
  /** Largest heap of the JVM, as its `-Xmx` reads it. */
  readonly heap: string;
  readonly resources: k8s.types.input.core.v1.ResourceRequirements;
  readonly storage: {
    readonly className: pulumi.Input<string>;
    /** Size of each volume, as a Kubernetes quantity. */
    readonly size: string;
    /** Volumes of each pod. */
    readonly volumes: number;
    /** Whether the volumes of removed brokers stay. */
    readonly keep: boolean;
  };
  readonly clusterId: pulumi.Input<string>;
  /** Port of each host at which clients outside the cluster reach the first broker. @default none */
  readonly outsidePort?: number;
  /** As `outsidePort`, for clients that use TLS. @default none */
  readonly outsideTlsPort?: number;
  /** Node label whose value is the rack. If set, the rack map has to exist. @default none: no racks */
  readonly rackLabel?: string;
  /** Name of the nodes' PriorityClass. */
  readonly priority: pulumi.Input<string>;
  /** Name of the ConfigMap with the nodes' files. */
  readonly configMap: pulumi.Input<string>;
  /** Name of the Secret with confidential properties; undefined if there are none. */
  readonly secret: pulumi.Input<string> | undefined;
}

const CONFIG_DIR = "/etc/kubeadm-kafka/config";
const STATE_DIR = "/etc/kubeadm-kafka/state";
const ADDRESSES_DIR = "/etc/kubeadm-kafka/addresses";
const RACKS_DIR = "/etc/kubeadm-kafka/racks";
const SECRETS_DIR = "/etc/kubeadm-kafka/secrets";
/** The only folder beside the volumes that can be written: for server.properties, native libraries and the JVM's own logs. */
const SCRATCH_DIR = "/tmp";
/**
 * Time limit of a start. A broker recovers its logs before it opens its port, which takes hours on large and slow
 * disks, and a restart would make it begin again. A node that waits for other voters isn't helped by a restart either;
 * `up` says what isn't ready. The launcher's own waits have limits of their own.
 */
const LONGEST_START_SECONDS = 7 * 24 * 3600;
/**
 * Failed probes, one per second, until a pod is unready. A stopped server fails each at once; a slow one has as many
 * tries.
 */
const UNREADY_AFTER_SECONDS = 3;
/**
 * Time from a server's stop until every kube-proxy knows: the failed probes, and as long again for the update to
 * spread.
 */
const OUTLIVE_SECONDS = 2 * UNREADY_AFTER_SECONDS;
/** Uid of the user in Kafka's image. */
const KAFKA_UID = 1000;

/** The StatefulSet of a pool. The roll's Job replaces its pods, not Kubernetes. */
export function kafkaStatefulSet(
  plan: KafkaPlan,
  pool: KafkaPool,
  pods: NodePods,
  opts: pulumi.CustomResourceOptions,
): k8s.apps.v1.StatefulSet {
  const { className, size, volumes, keep } = pods.storage;
  return new k8s.apps.v1.StatefulSet(
    pool.name,
    {
      metadata: {
        // A fixed name: a StatefulSet with another name would not find its volumes again.
        name: pool.name,
        namespace: plan.namespace,
        labels: labels(pool),
        annotations: {
          [STORAGE_ANNOTATION]: pulumi.interpolate`${volumes === 1 ? size : `${volumes} x ${size}`} of class ${className}`,
          [ROLES_ANNOTATION]: plan.pools.length > 1 ? "controllers and brokers apart" : "brokers that also vote",
          [VERSION_ANNOTATION]: pods.version,
          [NODES_ANNOTATION]: pulumi
            .output(pods.notes)
            .apply((notes) => notes?.[pool.name] ?? nodesNote(pool.nodes.length, undefined)),
          ...(hasTls(plan.encryption) && { [ENCRYPTION_ANNOTATION]: plan.encryption }),
          ...(pool.role === "broker" && { [DEFAULTS_ANNOTATION]: JSON.stringify(pods.defaults) }),
          // The roll's Job waits for the pods, and fails early with the reason if one can't start.
          "pulumi.com/skipAwait": "true",
        },
      },
      spec: {
        replicas: pool.nodes.length,
        serviceName: pool.headlessService,
        // All pods start at once, since voters wait for each other.
        podManagementPolicy: "Parallel",
        // Kubernetes would replace a pod as soon as the one before is ready, even if replicas aren't in sync yet.
        updateStrategy: { type: "OnDelete" },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: keep ? "Retain" : "Delete" },
        selector: { matchLabels: labels(pool) },
        template: { metadata: { labels: labels(pool) }, spec: podSpec(plan, pool, pods) },
        volumeClaimTemplates: volumesOf(pods).map(({ name }) => ({
          metadata: { name },
          spec: {
            accessModes: ["ReadWriteOnce"],
            storageClassName: className,
            resources: { requests: { storage: size } },
          },
        })),
      },
    },
    {
      ...opts,
      // A change of the templates would replace the StatefulSet but not the volumes. STORAGE_ANNOTATION changes
      // instead, and the guard refuses that with the reason.
      ignoreChanges: ["spec.volumeClaimTemplates"],
    },
  );
}

function podSpec(plan: KafkaPlan, pool: KafkaPool, pods: NodePods): k8s.types.input.core.v1.PodSpec {
  const nodeListeners = listenersOf(pool, plan.encryption);
  const isBroker = pool.role === "broker";
  const rackLabel = isBroker ? pods.rackLabel : undefined;
  const racked = rackLabel !== undefined;
  const isEncrypted = hasTls(plan.encryption);
  return {
    // Kafka's image would take variables such as KAFKA_PORT for settings.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    priorityClassName: pods.priority,
    // Names with a dot are tried without search domains first: one with a wildcard would answer for any name.
    dnsConfig: { options: [{ name: "ndots", value: "1" }] },
    // Time for the broker to hand over its leaders and to flush its logs.
    terminationGracePeriodSeconds: 120,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: KAFKA_UID,
      runAsGroup: KAFKA_UID,
      fsGroup: KAFKA_UID,
      seccompProfile: { type: "RuntimeDefault" },
    },
    affinity: { podAntiAffinity: onHostsOfTheirOwn(pool) },
    ...(racked && { topologySpreadConstraints: [overRacks(pool, rackLabel)] }),
    containers: [
      {
        name: "kafka",
        image: pods.image,
        command: ["bash", `${CONFIG_DIR}/launch.sh`],
        env: [
          { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
          { name: "DOMAIN", value: plan.domain },
          { name: "POOL_ROLE", value: pool.role },
          // Subfolders, since a file system's root may have a `lost+found`, which Kafka refuses.
          {
            name: "LOG_DIRS",
            value: volumesOf(pods)
              .map(({ mountPath }) => `${mountPath}/data`)
              .join(),
          },
          { name: "OUTLIVE_SECONDS", value: String(OUTLIVE_SECONDS) },
          { name: "FIRST_ID", value: String(pool.firstId) },
          ...outsideAddress(pods),
          ...(isEncrypted ? [{ name: "ENCRYPTION", value: plan.encryption }] : []),
          ...(racked ? [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }] : []),
          { name: "CLUSTER_ID", value: pods.clusterId },
          { name: "KAFKA_HEAP_OPTS", value: `-Xmx${pods.heap}` },
          // Kafka's scripts make this folder at each start, by default below /opt/kafka.
          { name: "LOG_DIR", value: `${SCRATCH_DIR}/logs` },
        ],
        ports: nodeListeners.map(({ name, port }) => ({ name: name.toLowerCase(), containerPort: port })),
        resources: pods.resources,
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ["ALL"] },
        },
        terminationMessagePolicy: "FallbackToLogsOnError",
        ...probes(nodeListeners[0]!.port),
        volumeMounts: [
          ...volumesOf(pods),
          { name: "scratch", mountPath: SCRATCH_DIR },
          { name: "config", mountPath: CONFIG_DIR, readOnly: true },
          ...(pods.secret ? [{ name: "secrets", mountPath: SECRETS_DIR, readOnly: true }] : []),
          { name: "state", mountPath: STATE_DIR, readOnly: true },
          ...(isEncrypted ? [{ name: "certificates", mountPath: CERTIFICATES_DIR, readOnly: true }] : []),
          ...(isBroker ? [{ name: "addresses", mountPath: ADDRESSES_DIR, readOnly: true }] : []),
          ...(racked ? [{ name: "racks", mountPath: RACKS_DIR, readOnly: true }] : []),
        ],
      },
    ],
    volumes: [
      // Placeholders for the templates' claims. If `volumes` grows, they keep the pod valid, so that the guard's error
      // is shown.
      ...volumesOf(pods).map(({ name }) => ({ name, persistentVolumeClaim: { claimName: name } })),
      { name: "scratch", emptyDir: {} },
      { name: "config", configMap: { name: pods.configMap } },
      ...(pods.secret ? [{ name: "secrets", secret: { secretName: pods.secret, defaultMode: 0o440 } }] : []),
      { name: "state", configMap: { name: formedMarkerName(plan), optional: true } },
      ...(isEncrypted
        ? [{ name: "certificates", secret: { secretName: nodeCertificatesName(plan.name), defaultMode: 0o440 } }]
        : []),
      ...(isBroker ? [{ name: "addresses", configMap: { name: addressMapName(plan) } }] : []),
      ...(racked ? [{ name: "racks", configMap: { name: rackMapName(plan) } }] : []),
    ],
  };
}

/** Name and mount path of each volume. The first ones don't change if a volume is added. */
function volumesOf({ storage }: NodePods): { name: string; mountPath: string }[] {
  return Array.from({ length: storage.volumes }, (_, index) => {
    const suffix = index === 0 ? "" : `-${index}`;
    return { name: `data${suffix}`, mountPath: `/var/lib/kafka${suffix}` };
  });
}

/** Address for clients outside the cluster: the pod's own host, so that traffic doesn't pass through another one. */
function outsideAddress({ outsidePort, outsideTlsPort }: NodePods): k8s.types.input.core.v1.EnvVar[] {
  const ports = [
    ...(outsidePort === undefined ? [] : [{ name: "OUTSIDE_FIRST_PORT", value: String(outsidePort) }]),
    ...(outsideTlsPort === undefined ? [] : [{ name: "OUTSIDE_TLS_FIRST_PORT", value: String(outsideTlsPort) }]),
  ];
  if (ports.length === 0) return [];
  return [{ name: "HOST_IP", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } }, ...ports];
}

/** Prefers one pod of a pool per host. It isn't required, so that a single worker can run all brokers. */
function onHostsOfTheirOwn(pool: KafkaPool): k8s.types.input.core.v1.PodAntiAffinity {
  return {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 100,
        podAffinityTerm: { topologyKey: HOST_LABEL, labelSelector: { matchLabels: labels(pool) } },
      },
    ],
  };
}

/**
 * Prefers an even spread over racks. It isn't required, since pods have to start on the hosts that have their volumes.
 */
function overRacks(pool: KafkaPool, rackLabel: string): k8s.types.input.core.v1.TopologySpreadConstraint {
  return {
    topologyKey: rackLabel,
    maxSkew: 1,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: labels(pool) },
  };
}

/**
 * Probes of a node's port. A broker opens it after log recovery, once it has joined and caught up with the metadata.
 * Later, only a broker that doesn't listen any more is killed: for a slow one, the kernel still accepts connections.
 */
function probes(port: number): Partial<k8s.types.input.core.v1.Container> {
  const connection = { tcpSocket: { port } };
  return {
    startupProbe: { ...connection, periodSeconds: 1, failureThreshold: LONGEST_START_SECONDS },
    readinessProbe: { ...connection, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: UNREADY_AFTER_SECONDS },
    livenessProbe: { ...connection, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
