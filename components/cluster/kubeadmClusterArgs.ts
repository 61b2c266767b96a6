import type * as pulumi from "@pulumi/pulumi";
import type { ArtifactSource } from "../artifacts/source";
import type { AuditSettings, SecretsEncryption } from "./apiServerConfig";
import type { ApiLoadBalancer, Host } from "../hosts/host";
import type { AddOn } from "./addOnsPlan";
import type { Maintenance } from "./maintenancePlan";
import type { CertificateTimes } from "./certificates/timesPlan";
import type { RestoreRequest } from "./restore/requestPlan";
import type { BackupSettings } from "./steps/backupsPlan";
import type { PodNetworkNeeds } from "./steps/podNetworkPlan";
import type { HostRequirements } from "./steps/preflightPlan";

/** Arguments of a KubeadmCluster. */
export interface KubeadmClusterArgs {
  /**
   * Machines that become nodes: an odd number of control planes, as etcd's quorum needs, and any number of workers. Hosts may be
   * added and removed later, as long as one control plane stays.
   *
   * @see https://etcd.io/docs/v3.6/faq/#why-an-odd-number-of-cluster-members
   */
  hosts: readonly Host[];
  /** Load balancer in front of the API servers. @default none: with several control planes, each worker runs a proxy */
  loadBalancer?: ApiLoadBalancer;
  /**
   * Exact Kubernetes version. A later patch or the next minor version upgrades a running cluster, host by host; everything else is
   * refused.
   *
   * @example "1.34.4"
   * @see https://kubernetes.io/releases/version-skew-policy/
   */
  version: string;
  /** IPv4 range of pods. No host may have a route into it. A change on a running cluster is refused. @example "10.244.0.0/16" */
  podCidr: string;
  /** IPv4 range of services. No host may have a route into it. A change on a running cluster is refused. @example "10.96.0.0/12" */
  serviceCidr: string;
  /**
   * DNS name of the API server, which the hosts resolve by /etc/hosts. It is a name even with one control plane, so that a load
   * balancer can take it over later. A change on a running cluster is refused.
   *
   * @example "k8s.example.org"
   * @see https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/create-cluster-kubeadm/ for ControlPlaneEndpoint
   */
  endpoint: string;
  /** What the pod network needs of each host. A host that lacks it is refused before any host is changed. */
  podNetwork: PodNetworkNeeds;
  /** Folder on the hosts that holds nothing but pods' volumes. Destroying the cluster removes the folder. */
  volumesPath: string;
  /**
   * Images of pods that will run on the cluster, the most urgent first. Workers pull them while they wait for the first control
   * plane, or before a new worker gets pods.
   */
  podImages: readonly string[];
  /** Source of packages and images. */
  source: ArtifactSource;
  /** Whether a host that leaves keeps the packages that the program installed. Packages from before always stay. */
  packages: "remove" | "keep";
  /** Whether ordinary pods may run on control planes, as a cluster of one host needs. Can change at any time. */
  scheduleOnControlPlane: boolean;
  /**
   * Judges, by the administrator's kubeconfig, whether labels and taints may be set. If its output fails, they aren't set.
   *
   * @default they may be set
   */
  beforeMarks?: (kubeconfig: pulumi.Output<string>) => pulumi.Output<void>;
  /** Whether Secrets are encrypted in etcd. A change on a running cluster is refused, unless `secretsEncryption` is given. */
  encryptSecrets: boolean;
  /** By what Secrets are encrypted, which may change on a running cluster. @default what the cluster was made with */
  secretsEncryption?: SecretsEncryption | undefined;
  /** What will run on the cluster. If the cluster runs a newer version of it, nothing is changed. @default none */
  addOns?: readonly AddOn[];
  /** Whether hosts get reboots and updates that they need: one host at a time, drained. Can change at any time. @default neither */
  maintenance?: Maintenance;
  /** How long certificates are valid, and when control planes renew them. Can change at any time. @default DEFAULT_TIMES */
  certificateTimes?: CertificateTimes;
  /**
   * Number of the authorities of the cluster, etcd and the front proxy; the first ones have number 1. A higher number exchanges them
   * while the cluster runs.
   *
   * @default those that the cluster was made with
   * @see docs/certificates.md
   */
  authorityGeneration?: number | undefined;
  /** Time of this run, in seconds since 1970. @default this machine's clock */
  now?: number;
  /**
   * The API servers' log of who changed what. A change restarts the API servers, one after the other.
   *
   * @default none
   * @see https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/
   */
  audit?: AuditSettings;
  /** Backups of the control planes, which ControlPlaneBackups writes: uploads need a program on the hosts. @default none */
  backups?: BackupSettings | undefined;
  /** The restore that this run is asked for. @default none, even if a backup waits on a control plane */
  restore?: RestoreRequest | undefined;
  /** Least memory and disk of each host. If a host has less, no host is changed. @default see HostRequirements */
  requirements?: HostRequirements;
}
