import type { remote } from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ArtifactSource } from "../artifacts/source";
import type { ApiLoadBalancer, Host, Role } from "../hosts/host";
import { allDiffer, type HostStepContext, initialise, join, keepOriginal, preflight, prepare } from "./hostSteps";
import { parseInitResult, reachableKubeconfig } from "./kubeconfig";
import { type HostRequirements, joinOrder } from "./plan";

export interface KubeadmClusterArgs {
  /** Machines that become the nodes: one control plane, any number of workers. A worker may come and go later. */
  hosts: readonly Host[];
  /** In front of the control planes' API servers. @default none */
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
  /** Folder on the hosts that holds nothing but pods' volumes. Destroying the cluster removes it. */
  volumesPath: string;
  /** Where packages and images come from. */
  source: ArtifactSource;
  /** Whether ordinary pods may run on the control plane: a single host needs it. Can be changed at any time. */
  scheduleOnControlPlane: boolean;
  /** What each host must have at least, or nothing is touched. */
  requirements?: HostRequirements;
}

/** A node of the cluster. */
export interface ClusterNode {
  name: string;
  role: Role;
  address: string;
}

/**
 * A Kubernetes cluster by kubeadm on hosts, without pod network: nodes are registered, not yet ready. Destroying it leaves
 * the hosts as they were.
 */
export class KubeadmCluster extends pulumi.ComponentResource {
  /** For what is declared on the cluster. Works as soon as there is a control plane, while workers still join. */
  readonly provider: kubernetes.Provider;
  /** The administrator's, for use from where Pulumi runs. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** The control plane's initialisation. What is declared on the cluster needn't be deleted where this is: it goes with it. */
  readonly controlPlane: pulumi.Resource;
  /** Known once all have joined. */
  readonly nodes: pulumi.Output<ClusterNode[]>;

  constructor(name: string, args: KubeadmClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:cluster:KubeadmCluster", name, {}, opts);
    const { first, workers } = joinOrder(args.hosts);
    const identity = `${pulumi.getProject()}/${pulumi.getStack()}/${name}`;
    const context: HostStepContext = { cluster: name, identity, args, first, parent: this };

    // No host is touched before all have passed, and none before it is known how to undo it.
    const passed = allDiffer(
      args.hosts,
      args.hosts.map((host) => preflight(context, host)),
    );
    const prepared = new Map(
      args.hosts.map((host) => [host, prepare(context, host, keepOriginal(context, host, passed))]),
    );
    const initialised = initialise(context, prepared.get(first));
    this.controlPlane = initialised;
    const result = initialised.stdout.apply(parseInitResult);
    const joined = workers.map((host) => join(context, host, result.joiner, prepared.get(host)));

    this.kubeconfig = pulumi.secret(
      pulumi
        .all([result.admin, args.loadBalancer?.apiServer ?? first.apiServer])
        .apply(([admin, apiServer]) => reachableKubeconfig(admin, apiServer, args.endpoint)),
    );
    this.provider = new kubernetes.Provider(
      name,
      // The identifier is fixed: else a kubeconfig that changes, or isn't known yet, would replace all that is on the cluster.
      { kubeconfig: this.kubeconfig, clusterIdentifier: identity, enableServerSideApply: true },
      { parent: this },
    );
    this.nodes = nodesAfter([initialised, ...joined], args.hosts);
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodes: this.nodes });
  }
}

function nodesAfter(joined: remote.Command[], hosts: readonly Host[]): pulumi.Output<ClusterNode[]> {
  return pulumi
    .all([pulumi.all(hosts.map(({ address }) => address)), pulumi.all(joined.map(({ id }) => id))])
    .apply(([addresses]) => hosts.map(({ name, role }, index) => ({ name, role, address: addresses[index]! })));
}
