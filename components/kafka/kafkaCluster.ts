import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { images } from "../artifacts/images";
import { changeGuard } from "./changeGuard";
import { nodeConfigMap, nodeFiles } from "./configMap";
import { fingerprint } from "./fingerprint";
import { formedMarker } from "./formedMarker";
import { memoryFor } from "./memory";
import { clusterIdOf, kafkaNamespace } from "./namespace";
import { listeners, planKafka, type KafkaPlan } from "./plan";
import { podDisruptionBudget } from "./podDisruptionBudget";
import type { KafkaProperties } from "./properties";
import { bootstrapService, headlessService } from "./services";
import { kafkaStatefulSet } from "./statefulSet";

/** Where a KafkaCluster's brokers keep their logs. */
export interface BrokerStorage {
  /** StorageClass of the volumes. Changing it on a running cluster is refused. */
  className: pulumi.Input<string>;
  /** Size of each volume, as a Kubernetes quantity. Changing it on a running cluster is refused. @default "10Gi" */
  size?: string;
}

export interface KafkaClusterArgs {
  /** Number of brokers, at least 1. May grow; shrinking is refused. The first one or three also vote on metadata. */
  brokers: number;
  storage: BrokerStorage;
  /** Namespace to create for it; goes with the cluster, volumes included. @default "kafka" */
  namespace?: string;
  /** Largest heap of a broker's JVM: `512m`, `4g`. @default "512m" */
  heap?: string;
  /**
   * CPU and memory of a broker's container. Parts that are left out keep their defaults.
   * @default requests of 250m CPU and the heap + 256 MiB, a limit of the heap + 512 MiB memory
   */
  resources?: BrokerResources;
  /** Broker settings beside those that are planned, as in Kafka's documentation. Changing them rolls the pods. */
  properties?: KafkaProperties;
  /** @default the project's Kafka image */
  image?: string;
}

/** As in Kubernetes: what a broker asks of its node, and what it may take at most. */
export interface BrokerResources {
  requests?: { cpu?: string; memory?: string };
  limits?: { cpu?: string; memory?: string };
}

/**
 * A KRaft Kafka cluster: configuration, services and one StatefulSet. Its metadata quorum is planned from the number of
 * brokers and grows by itself when that does (KIP-853).
 */
export class KafkaCluster extends pulumi.ComponentResource {
  readonly plan: KafkaPlan;
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
  /** Changes when the pods do. */
  readonly fingerprint: string;

  constructor(name: string, args: KafkaClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("kubeadm-kafka:kafka:KafkaCluster", name, {}, opts);
    const within = { parent: this };
    const { image = images.kafka, heap = "512m", storage } = args;
    const resources = brokerResources(heap, args.resources);
    this.plan = planKafka(name, args.namespace ?? "kafka", args.brokers);
    const files = nodeFiles(this.plan, args.properties);
    this.fingerprint = fingerprint({ plan: this.plan, files, image, heap, resources });

    // The volumes go with the namespace, so it depends on what the caller says provisions them.
    const namespace = kafkaNamespace(this.plan.namespace, { ...within, dependsOn: opts.dependsOn });
    this.clusterId = clusterIdOf(namespace);

    const inNamespace = { ...within, dependsOn: [namespace] };
    changeGuard(this.plan, within);
    podDisruptionBudget(this.plan, inNamespace);
    const headless = headlessService(this.plan, inNamespace);
    const configMap = nodeConfigMap(this.plan, files, inNamespace).metadata.name;
    const statefulSet = kafkaStatefulSet(
      this.plan,
      {
        image,
        heap,
        resources,
        storage: { className: storage.className, size: storage.size ?? "10Gi" },
        clusterId: this.clusterId,
        configMap,
      },
      { ...within, dependsOn: [namespace, headless] },
    );
    formedMarker(this.plan, { ...within, dependsOn: [statefulSet] });
    const bootstrap = bootstrapService(this.plan, inNamespace);

    // Given out when there is a broker to answer.
    const clusterIp = pulumi.all([bootstrap.spec.clusterIP, statefulSet.id]).apply(([address]) => address);
    this.bootstrapServers = clusterIp.apply(() => this.plan.bootstrapServers);
    this.bootstrapServersOnNodes = pulumi.interpolate`${clusterIp}:${listeners.nodes.port}`;
    this.registerOutputs({ clusterId: this.clusterId, bootstrapServers: this.bootstrapServers });
  }
}

function brokerResources(heap: string, own: BrokerResources = {}): k8s.types.input.core.v1.ResourceRequirements {
  const memory = memoryFor(heap);
  return {
    requests: { cpu: own.requests?.cpu ?? "250m", memory: own.requests?.memory ?? memory.request },
    // No limit of CPU but a wanted one: it would slow start and recovery down for nothing.
    limits: { ...(own.limits?.cpu && { cpu: own.limits.cpu }), memory: own.limits?.memory ?? memory.limit },
  };
}
