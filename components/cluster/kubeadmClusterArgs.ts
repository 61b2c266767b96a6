import type * as pulumi from "@pulumi/pulumi";
import type { ArtifactSource } from "../artifacts/source";
import type { ApiLoadBalancer, Host } from "../hosts/host";
import type { PodNetworkNeeds } from "./steps/podNetworkPlan";
import type { HostRequirements } from "./steps/preflightPlan";

/** What a KubeadmCluster is made of. */
export interface KubeadmClusterArgs {
  /**
   * Machines that become the nodes: control planes, of which etcd wants an odd number, and any number of workers. All of
   * them may come and go later, as long as a control plane stays.
   */
  hosts: readonly Host[];
  /** In front of the control planes' API servers. @default none: with several, each worker has a proxy of its own */
  loadBalancer?: ApiLoadBalancer;
  /** Kubernetes version, exact: "1.34.4". Changing it on a running cluster is refused until upgrades are supported. */
  version: string;
  /** IPv4 range of the pods. No host may have a route into it. Changing it on a running cluster is refused. */
  podCidr: string;
  /** IPv4 range of the services. No host may have a route into it. Changing it on a running cluster is refused. */
  serviceCidr: string;
  /**
   * DNS name of the API server, which the hosts resolve by their /etc/hosts. A name from the first day, so that a load
   * balancer can take it over. Changing it on a running cluster is refused.
   */
  endpoint: string;
  /** What the pod network needs of the hosts: a host without it is refused before anything is touched. */
  podNetwork: PodNetworkNeeds;
  /** Folder on the hosts that holds nothing but pods' volumes. Destroying the cluster removes it. */
  volumesPath: string;
  /**
   * Images of pods that will run here, the most urgent first. Workers, which wait for the first control plane, pull them
   * meanwhile; another one is there before its pods are.
   */
  podImages: readonly string[];
  /** Where packages and images come from. */
  source: ArtifactSource;
  /** What becomes of the packages that hosts were given, when they leave the cluster. Those that were there stay anyway. */
  packages: "remove" | "keep";
  /** Whether ordinary pods may run on control planes: a single host needs it. Can be changed at any time. */
  scheduleOnControlPlane: boolean;
  /**
   * Given the administrator's kubeconfig, judges whether the labels and taints may be set; where it fails, they aren't.
   * @default they may
   */
  beforeMarks?: (kubeconfig: pulumi.Output<string>) => pulumi.Output<void>;
  /** Whether Secrets are encrypted in etcd. Changing it on a running cluster is refused. */
  encryptSecrets: boolean;
  /** What each host must have at least, or nothing is touched. */
  requirements?: HostRequirements;
}
