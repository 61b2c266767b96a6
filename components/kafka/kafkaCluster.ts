import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { kafkaImage } from "../artifacts/images";
import { versions } from "../artifacts/versions";
import type { Program } from "../programs/installProgram";
import type { ChangeReport } from "./changes/task";
import { addressMap } from "./declared/addressMap";
import { changeGuard } from "./declared/changeGuard";
import { changeJob, changeProgram } from "./declared/changeJobs";
import { nodeConfigMap, nodeFiles, nodeSecret } from "./declared/configMap";
import { configuredSettingsMap } from "./declared/configuredSettingsMap";
import { formedMarker } from "./declared/formedMarker";
import { clusterIdOf, kafkaNamespace } from "./declared/namespace";
import { podDisruptionBudget } from "./declared/podDisruptionBudget";
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
import { listeners, planKafka, type KafkaPlan, type KafkaRole } from "./plan/kafkaPlan";
import { memoryFor } from "./plan/memory";
import { durabilityOf, type KafkaProperties } from "./plan/properties";
import { plannedDefaults } from "./settings/retention";
import { confidentialIn } from "./settings/unfitProperties";

/** Where a KafkaCluster's brokers keep their logs. */
export interface BrokerStorage {
  /** StorageClass of the volumes. Changing it on a running cluster is refused. */
  className: pulumi.Input<string>;
  /**
   * Name of a file that each volume of the class has from the beginning. A broker doesn't start on a volume that has lost it
   * with all that it held. @default none: an empty volume is taken for a new one
   */
  mark?: string;
  /** Size of each volume, as a Kubernetes quantity. Changing it on a running cluster is refused. @default "10Gi" */
  size?: string;
  /** Volumes of each broker, with a log directory on each. Changing it on a running cluster is refused. @default 1 */
  volumes?: number;
  /** What becomes of the volumes of brokers that are removed. @default "keep", and their names are put out */
  ofRemovedBrokers?: "keep" | "delete";
}

export interface KafkaClusterArgs {
  /**
   * Number of brokers, at least 1. Partitions move when it changes: onto new brokers, and off those that go. The first
   * one or three also vote on metadata.
   */
  brokers: number;
  storage: BrokerStorage;
  /** What pods are started after: a network. @default nothing */
  podsAfter?: readonly pulumi.Resource[];
  /** What brokers are started after: the nodes, and what provisions volumes. All else is made beside it. @default nothing */
  brokersAfter?: readonly pulumi.Resource[];
  /**
   * Nodes that only vote on metadata, apart from the brokers. Whether there are any can't change on a running cluster.
   * @default none: the first brokers vote
   */
  controllers?: ControllerArgs;
  /**
   * What it stands on, in words that change with it: hosts, network, storage. After a change its pods have to be ready, its
   * votes and replicas as planned once more. @default nothing that could harm it
   */
  standsOn?: pulumi.Input<string>;
  /** Why it isn't well since its last change, as whyKafkaIsUnwell says it: handled like a change of `standsOn`. @default unknown */
  unwell?: pulumi.Input<string>;
  /** Why brokers have to be drained though the plan hasn't changed, as whyToDrainAgain says it. @default nobody has looked */
  unfinishedShrink?: pulumi.Input<string>;
  /** Namespace to create for it; goes with the cluster, volumes included. @default "kafka" */
  namespace?: string;
  /**
   * Racks of all nodes that may run brokers. Brokers tell theirs, a partition's replicas lie in different racks as far as they
   * can, and consumers that say where they are (`client.rack`) read from a replica there. Pods are spread over racks. Setting
   * or removing them rolls the pods. @default none
   */
  racks?: {
    /** Label of the nodes whose values are the racks. */
    label: string;
    /** Each node's rack, by the node's name. */
    byHost: Racks;
  };
  /** Largest heap of a broker's JVM: `512m`, `4g`. @default "512m" */
  heap?: string;
  /**
   * CPU and memory of a broker's container. Parts that are left out keep their defaults.
   * @default requests of 250m CPU and the heap + 256 MiB, a limit of the heap + 512 MiB memory
   */
  resources?: BrokerResources;
  /** Broker settings beside those that are planned, as in Kafka's documentation. Changing them rolls the pods. */
  properties?: KafkaProperties;
  /**
   * Whether there are secrets among the properties: then all of them are in a Secret rather than a ConfigMap, and
   * encrypted in the state. What Kafka defines as a password always is, and so is what its definitions don't have. Numbers of
   * replicas and limits of what is kept are in clear all the same, in Jobs and annotations. @default false
   */
  secretProperties?: boolean;
  /**
   * Whether a change of the properties may let Kafka delete records that are kept now, of topics that have no such setting of
   * their own. Refused otherwise, before a broker is touched. @default false
   */
  allowRecordDeletion?: boolean;
  /** What moving partitions may take of each broker's network, in MB/s, at least 0.001; clients keep the rest. @default 50 */
  moveMegabytesPerSecond?: number;
  /**
   * Port at which clients outside of the cluster reach the first broker on each host; the following ones are the other
   * brokers'. From 30000 to 32767, as Kubernetes' node ports are. @default none: clients are pods or processes on nodes
   */
  outsidePort?: number;
  /** Kafka's version. A newer one rolls the pods; an older one than that of the running cluster is refused. */
  version?: string;
  /**
   * Kafka release whose metadata format the cluster may use, such as `4.3`; not newer than `version`. There is no way back
   * to a release that doesn't know the format. @default the one that the cluster was made with
   */
  metadataVersion?: string;
  /** @default Apache's image of `version` */
  image?: string;
}

/** Nodes of the metadata quorum that don't serve clients. */
export interface ControllerArgs {
  /** An odd number: one less is survived by three, two less by five. May grow and shrink, one voter at a time. */
  count: number;
  /** Size of each volume. Changing it on a running cluster is refused. @default "5Gi" */
  size?: string;
  /** Largest heap of a controller's JVM. @default "512m" */
  heap?: string;
  /** @default as for brokers, by the controllers' heap */
  resources?: BrokerResources;
}

/** As in Kubernetes: what a broker asks of its node, and what it may take at most. */
export interface BrokerResources {
  requests?: { cpu?: string; memory?: string };
  limits?: { cpu?: string; memory?: string };
}

/**
 * A KRaft Kafka cluster: configuration, services, one StatefulSet, and the Jobs that make its changes safe. Before the
 * StatefulSet changes, one takes partitions and votes off the brokers that go; after it, one replaces pods that run
 * something else, and one shares partitions and votes out. Each does nothing where there is nothing to do.
 */
export class KafkaCluster extends pulumi.ComponentResource {
  readonly plan: KafkaPlan;
  /** There is one as soon as the cluster has an API server; before there is a broker. */
  readonly namespace: pulumi.Resource;
  readonly clusterId: pulumi.Output<string>;
  /**
   * `host:port` for clients in pods: one name for all brokers, so it stays when brokers come. A client asks it for the
   * brokers' own names.
   */
  readonly bootstrapServers: pulumi.Output<string>;
  /**
   * `host:port` for processes on a Kubernetes node, which reach the pods but don't resolve the cluster's names: all
   * answers are addresses.
   */
  readonly bootstrapServersOnNodes: pulumi.Output<string>;
  /** What the last change of its brokers did, and which volumes are left of those that were removed. */
  readonly lastChange: pulumi.Output<ChangeReport>;
  /** Changes whenever the cluster changes, and is known once the change is made. See `changeIdOf`. */
  readonly changeId: pulumi.Output<string>;
  /** What its topics' Jobs run. */
  readonly program: Program;
  /** What moving replicas may take of each broker's network. */
  readonly moveBytesPerSecond: number;

  constructor(name: string, args: KafkaClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:kafka:KafkaCluster", name, {}, opts);
    const within = { parent: this };
    const { version = versions.kafka, image = kafkaImage(version), podsAfter = [], brokersAfter = [] } = args;
    const { namespace: inside = "kafka", controllers } = args;
    this.plan = planKafka(name, inside, args.brokers, controllers?.count, durabilityOf(args.properties));
    const inRacks = args.racks !== undefined;
    const { properties = {} } = args;
    const secretNames = args.secretProperties ? Object.keys(properties) : confidentialIn(properties, version);
    const files = nodeFiles(this.plan, properties, inRacks, secretNames, args.storage.mark);

    const namespace = kafkaNamespace(this.plan.namespace, within);
    this.namespace = namespace;
    this.clusterId = clusterIdOf(namespace);

    const inNamespace = { ...within, dependsOn: [namespace] };
    changeGuard(this.plan, within);
    for (const pool of this.plan.pools) {
      podDisruptionBudget(this.plan, pool, inNamespace);
      headlessService(this.plan, pool, inNamespace);
    }
    // Before there are pods: a name that wasn't there yet isn't asked for again for half a minute.
    const quorum = this.plan.pools.flatMap((pool) => quorumServices(this.plan, pool, inNamespace));
    const services = this.plan.pools.flatMap((pool) => brokerServices(this.plan, pool, inNamespace));
    const addresses = addressMap(this.plan, services, inNamespace);
    const bootstrap = bootstrapService(this.plan, inNamespace);
    const { outsidePort } = args;
    if (outsidePort !== undefined) outsideServices(this.plan, outsidePort, inNamespace);
    const racks = args.racks ? [rackMap(this.plan, args.racks.byHost, inNamespace)] : [];

    this.moveBytesPerSecond = Math.round((args.moveMegabytesPerSecond ?? 50) * 1e6);
    const settings = {
      racks: inRacks,
      moveBytesPerSecond: this.moveBytesPerSecond,
      // The newest format that the brokers know is that of their release: where an older one is wanted, it stays as it is.
      raiseMetadataVersion: args.metadataVersion !== undefined && version.startsWith(`${args.metadataVersion}.`),
    };
    this.program = changeProgram(this.plan, inNamespace);
    configuredSettingsMap(this.plan, inNamespace);
    const change = { plan: this.plan, program: this.program, settings };
    const defaults = plannedDefaults(properties);
    const keeping = {
      ...settings,
      defaults,
      ...(args.allowRecordDeletion && { allowRecordDeletion: true as const }),
      ...(args.storage.ofRemovedBrokers === "delete" && { deletesVolumes: true as const }),
    };
    const drained = changeJob(
      "drain",
      { ...change, settings: keeping, drift: args.unfinishedShrink },
      { ...within, dependsOn: [namespace, ...podsAfter] },
    );
    // After the drain, which may refuse the change: then nothing is left of it that a pod could start with.
    const afterDrain = { ...within, dependsOn: [namespace, drained.job] };
    const configMap = nodeConfigMap(this.plan, files, afterDrain).metadata.name;
    const secrets = Object.fromEntries(secretNames.map((key) => [key, properties[key]!]));
    const secret = secretNames.length > 0 ? nodeSecret(this.plan, secrets, afterDrain).metadata.name : undefined;
    const { clusterId } = this;
    const rackLabel = args.racks?.label;
    const pods = podsByRole(args, { image, version, clusterId, outsidePort, rackLabel, configMap, secret, defaults });
    const sets = this.plan.pools.map((pool) =>
      kafkaStatefulSet(this.plan, pool, pods[pool.role], {
        ...within,
        dependsOn: [namespace, addresses, ...quorum, drained.job, ...racks, ...brokersAfter],
      }),
    );
    const generations = pulumi.all(sets.map((set) => set.metadata.generation)).apply((each) => each.join());
    const { standsOn, unwell: drift } = args;
    const withStandsOn = (words: pulumi.Output<string>) =>
      standsOn === undefined ? words : pulumi.interpolate`${words} ${standsOn}`;
    const rolled = changeJob(
      "roll",
      { ...change, runAgainOn: withStandsOn(generations), drift },
      { ...within, dependsOn: [...sets, bootstrap] },
    );
    formedMarker(this.plan, { ...within, dependsOn: [rolled.job] });
    // After each drain, also one whose shrinking was taken back halfway: it gives the brokers their share again.
    const balanced = changeJob(
      "rebalance",
      { ...change, runAgainOn: withStandsOn(drained.id), drift },
      { ...within, dependsOn: [rolled.job] },
    );
    this.lastChange = balanced.report;
    this.changeId = pulumi.all([rolled.id, balanced.id]).apply(([roll, rebalance]) => changeIdOf(roll, rebalance));

    // Given out when there is a broker to answer.
    const clusterIp = pulumi.all([bootstrap.spec.clusterIP, balanced.id]).apply(([address]) => address);
    this.bootstrapServers = clusterIp.apply(() => this.plan.bootstrapServers);
    this.bootstrapServersOnNodes = pulumi.interpolate`${clusterIp}:${listeners.nodes.port}`;
    this.registerOutputs({ clusterId: this.clusterId, bootstrapServers: this.bootstrapServers });
  }
}

/** What differs between brokers and controllers, beside what doesn't. */
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
    // No limit of CPU but a wanted one: it would slow start and recovery down for nothing.
    limits: { ...(own.limits?.cpu && { cpu: own.limits.cpu }), memory: own.limits?.memory ?? memory.limit },
  };
}
