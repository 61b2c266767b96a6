import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { kafkaImage } from "../artifacts/images";
import { versions } from "../artifacts/versions";
import type { Program } from "../programs/installProgram";
import type { ChangeReport } from "./changes/task";
import { addressMap } from "./declared/addressMap";
import { certificates } from "./declared/certificates";
import { changeGuard } from "./declared/changeGuard";
import { changeJob, changeProgram } from "./declared/changeJobs";
import { nodeConfigMap, nodeFiles, nodeSecret } from "./declared/configMap";
import { configuredSettingsMap } from "./declared/configuredSettingsMap";
import { encryptionGuard } from "./declared/encryptionGuard";
import { formedMarker } from "./declared/formedMarker";
import { hostGate } from "./declared/hostGate";
import { keptClusterId } from "./declared/clusterId";
import { kafkaNamespace } from "./declared/namespace";
import { type ClosedNetwork, networkPolicies } from "./declared/networkPolicies";
import { podDisruptionBudget } from "./declared/podDisruptionBudget";
import { priorityClass } from "./declared/priorityClass";
import { rackMap, type Racks } from "./declared/rackMap";
import {
  bootstrapService,
  brokerServices,
  headlessService,
  outsideServices,
  quorumServices,
} from "./declared/services";
import { kafkaStatefulSet, type NodePods } from "./declared/statefulSet";
import { changeIdOf } from "./observed/healthReport";
import { type Encryption, hasTls, tlsListeners } from "./plan/encryption";
import { listeners, outsideListeners, planKafka, type KafkaPlan, type KafkaRole } from "./plan/kafkaPlan";
import { memoryFor } from "./plan/memory";
import { durabilityOf, type KafkaProperties } from "./plan/properties";
import { plannedDefaults } from "./settings/retention";
import { confidentialIn } from "./settings/unfitProperties";

/** Volumes of a KafkaCluster's brokers. */
export interface BrokerStorage {
  /** StorageClass of the volumes. Changing it on a running cluster is refused. */
  className: pulumi.Input<string>;
  /**
   * Name of a file that the provisioner puts on each new volume. Once the cluster has been up, a broker refuses to
   * start on an empty volume without this file, since the volume that it had is gone.
   * @default none: an empty volume counts as new
   * @example ".kubeadm-kafka-volume"
   */
  mark?: string;
  /**
   * Size of each volume, as a Kubernetes quantity. Changing it on a running cluster is refused.
   * @default "10Gi"
   * @example "100Gi"
   * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
   */
  size?: string;
  /**
   * Volumes of each broker, with one log directory on each. Changing it on a running cluster is refused.
   * @default 1
   * @see KIP-858 (several log directories in KRaft)
   */
  volumes?: number;
  /** Whether the volumes of removed brokers stay. @default "keep": the change's report has the names of their claims */
  ofRemovedBrokers?: "keep" | "delete";
}

/** Size and settings of a Kafka cluster. @see docs/config.md for the config keys */
export interface KafkaClusterArgs {
  /**
   * Number of brokers, at least 1. When it changes, partitions move onto new brokers and off the brokers to remove.
   * Without `controllers`, the first one or three brokers also vote in the metadata quorum.
   */
  brokers: number;
  /** Volumes of the brokers. */
  storage: BrokerStorage;
  /** Resources that the first pods depend on, such as the pod network. @default none */
  podsAfter?: readonly pulumi.Resource[];
  /** Resources that the brokers depend on: nodes and the volumes' provisioner. Other objects don't. @default none */
  brokersAfter?: readonly pulumi.Resource[];
  /**
   * Dedicated controllers: nodes that only vote in the metadata quorum. A running cluster can neither get nor lose
   * them.
   * @default none: the first brokers vote
   */
  controllers?: ControllerArgs;
  /**
   * Text that changes whenever the hosts, the network or the storage below Kafka change. A change makes the roll and
   * the rebalance run again, which restore pods, votes and replicas.
   * @default neither runs for such a change
   */
  standsOn?: pulumi.Input<string>;
  /**
   * Why Kafka isn't well, from `whyKafkaIsUnwell`. A change makes the roll and the rebalance run again.
   * @default unknown
   */
  unwell?: pulumi.Input<string>;
  /** Why the drain has to run again though the plan hasn't changed, from `whyToDrainAgain`. @default unknown */
  unfinishedShrink?: pulumi.Input<string>;
  /**
   * The numbers of nodes to note on the StatefulSets, from `notesOfNodes`. A new note applies a StatefulSet again that
   * somebody has scaled.
   * @default the planned numbers
   */
  notes?: pulumi.Input<Readonly<Record<string, string>>>;
  /** Namespace to create. It is deleted with the cluster, and with it the volumes. @default "kafka" */
  namespace?: string;
  /**
   * Racks of all nodes that may run brokers. Each broker gets its node's rack, each partition's replicas are spread
   * over racks, pods are spread over racks, and consumers with a `client.rack` read from a replica in their own rack.
   * Setting or removing racks rolls the pods.
   * @default no racks
   * @see KIP-36 (replicas are spread over racks), KIP-392 (consumers read from the closest replica)
   */
  racks?: {
    /** Node label whose value is the rack. @example "topology.kubernetes.io/zone" */
    label: string;
    /** Each node's rack, by the node's name. */
    byHost: Racks;
  };
  /** Largest heap of a broker's JVM, as the JVM's `-Xmx` reads it. @default "512m" @example "4g" */
  heap?: string;
  /**
   * CPU and memory of a broker's container. Parts that are left out keep their defaults.
   * @default requests of 250m CPU and the heap + 256 MiB, a limit of the heap + 512 MiB memory
   */
  resources?: BrokerResources;
  /**
   * Broker settings by name. Changing them rolls the pods. Settings that this program plans are refused.
   * @default none
   * @example { "log.retention.hours": 48 }
   * @see https://kafka.apache.org/documentation/#brokerconfigs
   */
  properties?: KafkaProperties;
  /**
   * Whether the properties contain secrets. If so, all of them are in a Secret instead of a ConfigMap and encrypted in
   * the state. Properties that Kafka defines as passwords, or doesn't define at all, always are. Even then, numbers of
   * replicas and retention limits are in clear in Jobs and annotations.
   * @default false
   */
  secretProperties?: boolean;
  /**
   * Whether a change of the properties may let Kafka delete records that topics without settings of their own keep now.
   * Without it, such a change is refused before a broker is touched.
   * @default false
   */
  allowRecordDeletion?: boolean;
  /**
   * Limit of each broker's network traffic for moving replicas, in MB/s, at least 0.001.
   * @default 50
   * @see KIP-73 (replication quotas)
   */
  moveMegabytesPerSecond?: number;
  /**
   * Port of each host at which clients outside the cluster reach the first broker. The other brokers have the ports
   * after it. From 30000 to 32767, the range of Kubernetes' node ports.
   * @default none: clients are pods or processes on nodes
   */
  outsidePort?: number;
  /** As `outsidePort`, for clients that use TLS and log in. @default none */
  outsideTlsPort?: number;
  /**
   * How connections are protected. A running cluster goes one step at a time: see `Encryption`.
   * @default "open"
   */
  encryption?: Encryption;
  /** Names and addresses of the hosts, for the certificates that clients see at `outsideTlsPort`. @default none */
  hosts?: pulumi.Input<readonly string[]>;
  /**
   * The clients that may connect to Kafka. With it, Kafka's namespace admits only `restricted` pods, and no packets but those of Kafka, its Jobs and
   * the clients named here.
   * @default open: every pod may connect, and with `outsidePort` everybody who reaches the hosts
   */
  network?: ClosedNetwork;
  /**
   * Kafka's version. A newer one rolls the pods; one older than the running cluster's is refused.
   * @default `versions.kafka`
   * @example "4.3.1"
   */
  version?: string;
  /**
   * Kafka release whose metadata format the cluster may use; not newer than `version`. A raised format can't be lowered
   * again.
   * @default the format that the cluster was made with
   * @example "4.3"
   * @see KIP-584 (feature versions), KIP-778 (`metadata.version`)
   */
  metadataVersion?: string;
  /** Image of the nodes. @default Apache's image of `version` */
  image?: string;
  /**
   * Kafka's cluster id, for volumes of a cluster whose id was lost. Brokers refuse volumes of another id.
   * @default the id that the cluster was made with
   * @example "p8iz8I1nQ1qcTQvYp0BzJg"
   */
  clusterId?: string;
}

/** Dedicated controllers: nodes of the metadata quorum that don't serve clients. */
export interface ControllerArgs {
  /**
   * Number of controllers, odd. Three survive the loss of one, five the loss of two. It may grow and shrink: voters
   * change one at a time.
   *
   * @see KIP-853 (voters change one at a time)
   */
  count: number;
  /** Size of each volume, as a Kubernetes quantity. Changing it on a running cluster is refused. @default "5Gi" */
  size?: string;
  /** Largest heap of a controller's JVM, as the JVM's `-Xmx` reads it. @default "512m" */
  heap?: string;
  /** CPU and memory of a controller's container. @default as for brokers, from the controllers' heap */
  resources?: BrokerResources;
}

/**
 * CPU and memory of a container, as Kubernetes quantities: requests are reserved on the node, limits are the most it
 * may use.
 *
 * @example { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "4Gi" } }
 * @see https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
export interface BrokerResources {
  requests?: { cpu?: string; memory?: string };
  limits?: { cpu?: string; memory?: string };
}

/**
 * A KRaft Kafka cluster: configuration, services, one StatefulSet per pool of nodes, and three Jobs that make changes
 * safe. The drain moves partitions and votes off brokers before they are removed. The roll replaces outdated pods one
 * at a time. The rebalance spreads partitions and votes over the brokers. A Job that finds nothing to change succeeds
 * at once.
 *
 * @see docs/decisions/kafka.md
 */
export class KafkaCluster extends pulumi.ComponentResource {
  readonly plan: KafkaPlan;
  /** The namespace exists before any broker does: it needs only the API server. */
  readonly namespace: pulumi.Resource;
  /** Names of the StatefulSets, once Pulumi has made them, or takes them for made. */
  readonly sets: pulumi.Output<string[]>;
  /** Names of the network policies, once Pulumi has made them, or takes them for made. None in an open network. */
  readonly policies: pulumi.Output<readonly string[]>;
  /** Kafka's cluster id. See `keptClusterId`. */
  readonly clusterId: pulumi.Output<string>;
  /**
   * `host:port` for clients in pods: one name for all brokers, so it stays when the number of brokers changes. Known
   * once a broker can answer.
   *
   * @example "kafka-bootstrap.kafka.svc.cluster.local:9092"
   */
  readonly bootstrapServers: pulumi.Output<string>;
  /**
   * `host:port` for processes on a Kubernetes node. Such processes reach Services but can't resolve their names, so
   * brokers advertise addresses to them.
   *
   * @example "10.96.12.34:9094"
   */
  readonly bootstrapServersOnNodes: pulumi.Output<string>;
  /** Report of the last rebalance. It names the kept volumes of removed brokers. */
  readonly lastChange: pulumi.Output<ChangeReport>;
  /** Changes whenever the cluster changes, and is known once the change is made. See `changeIdOf`. */
  readonly changeId: pulumi.Output<string>;
  /** Program of the cluster's and its topics' Jobs. */
  readonly program: Program;
  /** Limit of each broker's network traffic for moving replicas, in bytes per second. */
  readonly moveBytesPerSecond: number;

  constructor(name: string, args: KafkaClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:kafka:KafkaCluster", name, {}, opts);
    const within = { parent: this };
    const { version = versions.kafka, image = kafkaImage(version), podsAfter = [], brokersAfter = [] } = args;
    const { namespace: namespaceName = "kafka", controllers } = args;
    const durability = durabilityOf(args.properties);
    const { encryption } = args;
    this.plan = planKafka(name, namespaceName, args.brokers, controllers?.count, durability, encryption);
    const inRacks = args.racks !== undefined;
    const { properties = {} } = args;
    const secretNames = args.secretProperties ? Object.keys(properties) : confidentialIn(properties, version);
    const files = nodeFiles(this.plan, properties, inRacks, secretNames, args.storage.mark);

    const isClosed = args.network !== undefined;
    const namespace = kafkaNamespace(this.plan.namespace, isClosed, within);
    this.namespace = namespace;
    this.clusterId = keptClusterId(this.plan, namespace, args.clusterId, within);

    const inNamespace = { ...within, dependsOn: [namespace] };
    changeGuard(this.plan, within);
    if (hasTls(this.plan.encryption)) encryptionGuard(this.plan, within);
    const priority = priorityClass(this.plan, within);
    for (const pool of this.plan.pools) {
      podDisruptionBudget(this.plan, pool, inNamespace);
      headlessService(this.plan, pool, inNamespace);
    }
    // Services exist before pods: DNS resolvers cache for half a minute that a name doesn't exist.
    const quorum = this.plan.pools.flatMap((pool) => quorumServices(this.plan, pool, inNamespace));
    const services = this.plan.pools.flatMap((pool) => brokerServices(this.plan, pool, inNamespace));
    const addresses = addressMap(this.plan, services, inNamespace);
    const bootstrap = bootstrapService(this.plan, inNamespace);
    const { outsidePort, outsideTlsPort } = args;
    const outside = outsideListeners(outsidePort, outsideTlsPort);
    if (outside.length > 0) outsideServices(this.plan, outside, isClosed, inNamespace);
    const policies = args.network
      ? networkPolicies(this.plan, args.network, outside, inNamespace)
      : { all: [], ofPods: [] };
    this.policies = pulumi
      .all(policies.all.map(({ id, metadata }) => pulumi.all([id, metadata.name])))
      .apply((made) => made.map(([, name]) => name));
    const issued = hasTls(this.plan.encryption)
      ? [this.issue(args, [bootstrap, ...services], { ...within, dependsOn: [namespace, ...podsAfter] })]
      : [];
    const racks = args.racks ? [rackMap(this.plan, args.racks.byHost, inNamespace)] : [];

    this.moveBytesPerSecond = Math.round((args.moveMegabytesPerSecond ?? 50) * 1e6);
    const settings = {
      racks: inRacks,
      moveBytesPerSecond: this.moveBytesPerSecond,
      // The rebalance can raise the format only to the brokers' own release; for an older one it leaves the format
      // alone.
      raiseMetadataVersion: args.metadataVersion !== undefined && version.startsWith(`${args.metadataVersion}.`),
    };
    this.program = changeProgram(this.plan, inNamespace);
    configuredSettingsMap(this.plan, inNamespace);
    hostGate(this.plan, this.program, inNamespace);
    const change = { plan: this.plan, program: this.program, settings };
    const defaults = plannedDefaults(properties);
    const drainSettings = {
      ...settings,
      defaults,
      ...(args.allowRecordDeletion && { allowRecordDeletion: true as const }),
      ...(args.storage.ofRemovedBrokers === "delete" && { deletesVolumes: true as const }),
    };
    const drained = changeJob(
      "drain",
      { ...change, settings: drainSettings, drift: args.unfinishedShrink },
      { ...within, dependsOn: [namespace, ...policies.ofPods, ...podsAfter, ...issued] },
    );
    // These depend on the drain: if it refuses the change, no pod can restart with files of the refused change.
    const afterDrain = { ...within, dependsOn: [namespace, drained.job] };
    const configMap = nodeConfigMap(this.plan, files, afterDrain).metadata.name;
    const secrets = Object.fromEntries(secretNames.map((key) => [key, properties[key]!]));
    const secret = secretNames.length > 0 ? nodeSecret(this.plan, secrets, afterDrain).metadata.name : undefined;
    const { clusterId } = this;
    const rackLabel = args.racks?.label;
    const { notes } = args;
    const ports = { outsidePort, outsideTlsPort };
    const shared = { image, version, notes, clusterId, ...ports, rackLabel, configMap, secret, defaults, priority };
    const pods = podsByRole(args, shared);
    const sets = this.plan.pools.map((pool) =>
      kafkaStatefulSet(this.plan, pool, pods[pool.role], {
        ...within,
        dependsOn: [namespace, addresses, ...quorum, drained.job, ...racks, ...brokersAfter],
      }),
    );
    this.sets = pulumi.all(sets.map(({ id }) => id)).apply(() => this.plan.pools.map(({ name }) => name));
    const generations = pulumi.all(sets.map((set) => set.metadata.generation)).apply((each) => each.join());
    const { standsOn, unwell: drift } = args;
    const withStandsOn = (trigger: pulumi.Output<string>) =>
      standsOn === undefined ? trigger : pulumi.interpolate`${trigger} ${standsOn}`;
    const rolled = changeJob(
      "roll",
      { ...change, runAgainOn: withStandsOn(generations), drift },
      { ...within, dependsOn: [...sets, bootstrap] },
    );
    formedMarker(this.plan, { ...within, dependsOn: [rolled.job] });
    // A rebalance follows each drain: if a shrink was drained and then taken back, the brokers get replicas again.
    const balanced = changeJob(
      "rebalance",
      { ...change, runAgainOn: withStandsOn(drained.id), drift },
      { ...within, dependsOn: [rolled.job] },
    );
    this.lastChange = balanced.report;
    this.changeId = pulumi.all([rolled.id, balanced.id]).apply(([roll, rebalance]) => changeIdOf(roll, rebalance));

    // The addresses depend on the rebalance, so that clients get them only once a broker can answer.
    const clusterIp = pulumi.all([bootstrap.spec.clusterIP, balanced.id]).apply(([address]) => address);
    this.bootstrapServers = clusterIp.apply(() => this.plan.bootstrapServers);
    const onNodes = encryption === "closed" ? tlsListeners.nodeLogins : listeners.nodes;
    this.bootstrapServersOnNodes = pulumi.interpolate`${clusterIp}:${onNodes.port}`;
    this.registerOutputs({ clusterId: this.clusterId, bootstrapServers: this.bootstrapServers });
  }

  /** Issues the certificates. @returns the Job, which pods and other Jobs come after */
  private issue(
    { hosts = [], outsideTlsPort, network }: KafkaClusterArgs,
    services: readonly k8s.core.v1.Service[],
    opts: pulumi.CustomResourceOptions,
  ): pulumi.Resource {
    const addresses = pulumi.all(services.map(({ spec }) => spec.clusterIP)).apply((each) => each.join());
    const ofHosts = outsideTlsPort === undefined ? [] : hosts;
    return certificates(this.plan, { hosts: ofHosts, addresses, apiServers: network?.apiServers }, opts).job;
  }
}

/** Pods of brokers and of controllers: heap, resources and storage differ, all else is shared. */
function podsByRole(
  { storage, heap = "512m", resources, controllers }: KafkaClusterArgs,
  shared: Omit<NodePods, "heap" | "resources" | "storage">,
): Record<KafkaRole, NodePods> {
  const { className, volumes = 1, size = "10Gi", ofRemovedBrokers } = storage;
  const kept = { className, keep: ofRemovedBrokers !== "delete" };
  const { heap: controllerHeap = "512m", size: controllerSize = "5Gi" } = controllers ?? {};
  return {
    broker: { ...shared, heap, resources: resourcesFor(heap, resources), storage: { ...kept, volumes, size } },
    controller: {
      ...shared,
      heap: controllerHeap,
      resources: resourcesFor(controllerHeap, controllers?.resources),
      storage: { ...kept, volumes: 1, size: controllerSize },
    },
  };
}

function resourcesFor(heap: string, own: BrokerResources = {}): k8s.types.input.core.v1.ResourceRequirements {
  const memory = memoryFor(heap);
  return {
    requests: { cpu: own.requests?.cpu ?? "250m", memory: own.requests?.memory ?? memory.request },
    // No CPU limit by default: it would only slow down start and log recovery.
    limits: { ...(own.limits?.cpu && { cpu: own.limits.cpu }), memory: own.limits?.memory ?? memory.limit },
  };
}
