import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { HOST_LABEL } from "../../hosts/labels";
import { DEFAULTS_ANNOTATION, VERSION_ANNOTATION } from "../plan/annotations";
import { listenersOf, type KafkaPlan, type KafkaPool } from "../plan/kafkaPlan";
import { labels } from "../plan/labels";
import { addressMapName } from "./addressMap";
import { ROLES_ANNOTATION, STORAGE_ANNOTATION } from "./changeGuard";
import { formedMarkerName } from "./formedMarker";
import { rackMapName } from "./rackMap";

/** What the pods of a pool are made of, defaults filled in. */
export interface NodePods {
  readonly image: string;
  /** Kafka's version, for the guard to compare. */
  readonly version: string;
  /** What brokers keep of topics without settings of their own, for the next change of it to be compared with. */
  readonly defaults: Readonly<Record<string, string>>;
  /** Largest heap of the JVM, as it reads it. */
  readonly heap: string;
  readonly resources: k8s.types.input.core.v1.ResourceRequirements;
  readonly storage: {
    readonly className: pulumi.Input<string>;
    /** Of each volume. */
    readonly size: string;
    /** Volumes of each pod. */
    readonly volumes: number;
    /** Whether volumes of removed brokers stay. */
    readonly keep: boolean;
  };
  readonly clusterId: pulumi.Input<string>;
  /** Port of hosts at which clients outside reach the first broker; the others follow. */
  readonly outsidePort?: number;
  /** Label of the nodes whose values are the brokers' racks, for which there is a map. @default none: no racks */
  readonly rackLabel?: string;
  /** Name of the ConfigMap with the nodes' files. */
  readonly configMap: pulumi.Input<string>;
  /** Name of the Secret with properties that nobody may read; undefined where there are none. */
  readonly secret: pulumi.Input<string> | undefined;
}

const CONFIG_DIR = "/etc/kubeadm-kafka/config";
const STATE_DIR = "/etc/kubeadm-kafka/state";
const ADDRESSES_DIR = "/etc/kubeadm-kafka/addresses";
const RACKS_DIR = "/etc/kubeadm-kafka/racks";
const SECRETS_DIR = "/etc/kubeadm-kafka/secrets";
/**
 * A broker recovers its logs before it opens its port, for hours where disks are large and slow, and a restart would begin
 * anew. Nothing that hangs at the start is helped by a restart either: it waits for other voters. `up` says what isn't ready.
 * What the launcher waits for itself has a limit of its own there.
 */
const LONGEST_START_SECONDS = 7 * 24 * 3600;
/** A server that has stopped refuses each of its probes at once; a slow one has three times as long to accept one. */
const UNREADY_AFTER_SECONDS = 3;
/** That, and what the news takes: by the kubelet, the API server and each kube-proxy, which gathers changes for a second. */
const OUTLIVE_SECONDS = 2 * UNREADY_AFTER_SECONDS;
/** The user of Kafka's image. */
const KAFKA_UID = 1000;

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
        // Fixed: a StatefulSet of another name would not find the volumes again.
        name: pool.name,
        namespace: plan.namespace,
        labels: labels(pool),
        annotations: {
          [STORAGE_ANNOTATION]: pulumi.interpolate`${volumes === 1 ? size : `${volumes} x ${size}`} of class ${className}`,
          [ROLES_ANNOTATION]: plan.pools.length > 1 ? "controllers and brokers apart" : "brokers that also vote",
          [VERSION_ANNOTATION]: pods.version,
          ...(pool.role === "broker" && { [DEFAULTS_ANNOTATION]: JSON.stringify(pods.defaults) }),
          // The Job that rolls the pods awaits them, and knows early which one can't start, and why.
          "pulumi.com/skipAwait": "true",
        },
      },
      spec: {
        replicas: pool.nodes.length,
        serviceName: pool.headlessService,
        // All at once: voters wait for each other.
        podManagementPolicy: "Parallel",
        // Kubernetes would replace one pod as soon as another is ready, which says nothing about replicas in sync.
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
      // A change here would replace the StatefulSet and leave its volumes as they are. The annotation changes instead,
      // which the guard refuses with the reason.
      ignoreChanges: ["spec.volumeClaimTemplates"],
    },
  );
}

function podSpec(plan: KafkaPlan, pool: KafkaPool, pods: NodePods): k8s.types.input.core.v1.PodSpec {
  const nodeListeners = listenersOf(pool);
  const isBroker = pool.role === "broker";
  const rackLabel = isBroker ? pods.rackLabel : undefined;
  const racked = rackLabel !== undefined;
  return {
    // Variables like KAFKA_PORT would be taken for settings.
    enableServiceLinks: false,
    automountServiceAccountToken: false,
    // A name with a dot is asked for as it is first: a search domain that answers any name would answer for others.
    dnsConfig: { options: [{ name: "ndots", value: "1" }] },
    // Time to hand over leaders and to write everything out.
    terminationGracePeriodSeconds: 120,
    securityContext: { runAsNonRoot: true, runAsUser: KAFKA_UID, runAsGroup: KAFKA_UID, fsGroup: KAFKA_UID },
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
          // Subfolders, since file systems put a `lost+found` at the top.
          {
            name: "LOG_DIRS",
            value: volumesOf(pods)
              .map(({ mountPath }) => `${mountPath}/data`)
              .join(),
          },
          { name: "OUTLIVE_SECONDS", value: String(OUTLIVE_SECONDS) },
          { name: "FIRST_ID", value: String(pool.firstId) },
          ...(pods.outsidePort === undefined ? [] : outsideAddress(pods.outsidePort)),
          ...(racked ? [{ name: "NODE_NAME", valueFrom: { fieldRef: { fieldPath: "spec.nodeName" } } }] : []),
          { name: "CLUSTER_ID", value: pods.clusterId },
          { name: "KAFKA_HEAP_OPTS", value: `-Xmx${pods.heap}` },
        ],
        ports: nodeListeners.map(({ name, port }) => ({ name: name.toLowerCase(), containerPort: port })),
        resources: pods.resources,
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        terminationMessagePolicy: "FallbackToLogsOnError",
        ...probes(nodeListeners[0]!.port),
        volumeMounts: [
          ...volumesOf(pods),
          { name: "config", mountPath: CONFIG_DIR, readOnly: true },
          ...(pods.secret ? [{ name: "secrets", mountPath: SECRETS_DIR, readOnly: true }] : []),
          { name: "state", mountPath: STATE_DIR, readOnly: true },
          ...(isBroker ? [{ name: "addresses", mountPath: ADDRESSES_DIR, readOnly: true }] : []),
          ...(racked ? [{ name: "racks", mountPath: RACKS_DIR, readOnly: true }] : []),
        ],
      },
    ],
    volumes: [
      // The templates' claims take these places. More of them are so a valid pod, and the guard gets to say why there can't be.
      ...volumesOf(pods).map(({ name }) => ({ name, persistentVolumeClaim: { claimName: name } })),
      { name: "config", configMap: { name: pods.configMap } },
      ...(pods.secret ? [{ name: "secrets", secret: { secretName: pods.secret, defaultMode: 0o440 } }] : []),
      { name: "state", configMap: { name: formedMarkerName(plan), optional: true } },
      ...(isBroker ? [{ name: "addresses", configMap: { name: addressMapName(plan) } }] : []),
      ...(racked ? [{ name: "racks", configMap: { name: rackMapName(plan) } }] : []),
    ],
  };
}

/** A volume more is another one beside those that are there: their names and places stay. */
function volumesOf({ storage }: NodePods): { name: string; mountPath: string }[] {
  return Array.from({ length: storage.volumes }, (_, index) => {
    const suffix = index === 0 ? "" : `-${index}`;
    return { name: `data${suffix}`, mountPath: `/var/lib/kafka${suffix}` };
  });
}

/** Where clients outside reach the pod: at its own host, so that a packet crosses no other one. */
function outsideAddress(firstPort: number): k8s.types.input.core.v1.EnvVar[] {
  return [
    { name: "HOST_IP", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } },
    { name: "OUTSIDE_FIRST_PORT", value: String(firstPort) },
  ];
}

/** Preferred, not required: a laptop's one worker takes all brokers. */
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

/** As well as it goes: pods that keep to the hosts where their volumes are must not be stopped from starting there. */
function overRacks(pool: KafkaPool, rackLabel: string): k8s.types.input.core.v1.TopologySpreadConstraint {
  return {
    topologyKey: rackLabel,
    maxSkew: 1,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: labels(pool) },
  };
}

/**
 * A broker opens its port once it has joined and caught up with the metadata, after any recovery of its logs. From then on
 * only one that has stopped listening is killed: for a slow one the kernel still accepts connections.
 */
function probes(port: number): Partial<k8s.types.input.core.v1.Container> {
  const connection = { tcpSocket: { port } };
  return {
    startupProbe: { ...connection, periodSeconds: 1, failureThreshold: LONGEST_START_SECONDS },
    readinessProbe: { ...connection, periodSeconds: 1, timeoutSeconds: 3, failureThreshold: UNREADY_AFTER_SECONDS },
    livenessProbe: { ...connection, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
  };
}
