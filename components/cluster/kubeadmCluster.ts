import { local, type remote } from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Role } from "../hosts/host";
import { bash } from "../hosts/localScript";
import { readScript } from "./hostScript";
import { byRole } from "./hostsPlan";
import { clusterIdentity, readableIdentity } from "./identity";
import { certificateAuthority, reachableKubeconfig } from "./kubeconfig";
import type { KubeadmClusterArgs } from "./kubeadmClusterArgs";
import { readyApiServer } from "./readyApiServer";
import { initialise, joinControlPlanes, kubeconfigOf, readKubeconfig } from "./steps/controlPlaneSteps";
import type { HostStepContext } from "./steps/hostStep";
import { label } from "./steps/labelStep";
import { forgetOriginal, prepareAll } from "./steps/prepareSteps";
import { joinWorkers, leaveAtOnce } from "./steps/workerSteps";

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
  /** The cluster's beginning. What is declared on the cluster needn't be deleted where this is: it goes with it. */
  readonly beginning: pulumi.Resource;
  /** What makes each host a node of the cluster, by the host's name: pods that need that node come after it. */
  readonly joined: ReadonlyMap<string, pulumi.Resource>;
  /** For steps on its hosts that need more than the cluster: PodNetworkCheck. */
  readonly context: HostStepContext;
  /** Known once all have joined. */
  readonly nodes: pulumi.Output<ClusterNode[]>;

  constructor(name: string, args: KubeadmClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("kubeadm-kafka:cluster:KubeadmCluster", name, {}, opts);
    const hosts = args.hosts.filter(({ lost }) => !lost);
    const { controlPlanes, workers } = byRole(hosts);
    const identity = clusterIdentity(name, { parent: this });
    const context: HostStepContext = { cluster: name, identity, args, controlPlanes, parent: this };
    this.context = context;

    const prepared = prepareAll(context, hosts);
    const beginning = initialise(context, prepared.get(controlPlanes[0]));
    const members = joinControlPlanes(context, beginning, prepared);
    const read = readKubeconfig(context, members[0]);
    this.kubeconfig = kubeconfigFrom(context, read);
    const joined = joinWorkers(context, workers, beginning, members[0]!, prepared);
    const nodes = new Map([...controlPlanes, ...workers].map((host, index) => [host, [...members, ...joined][index]!]));
    labelAll(context, nodes, this.kubeconfig);
    forgetLost(context, beginning);

    this.beginning = beginning;
    this.joined = new Map([...nodes].map(([host, node]) => [host.name, node]));
    this.provider = clusterProvider(name, this.kubeconfig, this);
    this.nodes = nodesAfter([...nodes.values()], hosts);
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodes: this.nodes });
  }
}

/** The administrator's kubeconfig, for where Pulumi runs. @param read the step that has read it */
function kubeconfigFrom(context: HostStepContext, read: remote.Command): pulumi.Output<string> {
  const admin = kubeconfigOf(context, read);
  return pulumi.secret(
    pulumi
      .all([admin, apiServerOf(context, read, admin)])
      .apply(([printed, apiServer]) => reachableKubeconfig(printed, apiServer, context.args.endpoint)),
  );
}

function labelAll(
  context: HostStepContext,
  nodes: ReadonlyMap<Host, remote.Command>,
  kubeconfig: pulumi.Output<string>,
): void {
  const allowed = pulumi.unsecret(pulumi.output(context.args.beforeMarks?.(kubeconfig)));
  for (const [host, node] of nodes) label(context, host, allowed, node);
}

/** Nothing can be taken back on a host that is lost, but its Node is removed. */
function forgetLost(context: HostStepContext, cluster: pulumi.Resource): void {
  for (const host of context.args.hosts.filter(({ lost }) => lost)) {
    forgetOriginal(context, host);
    if (host.role === "worker") leaveAtOnce(context, host, cluster);
  }
}

function clusterProvider(
  name: string,
  kubeconfig: pulumi.Output<string>,
  parent: pulumi.Resource,
): kubernetes.Provider {
  return new kubernetes.Provider(
    name,
    {
      kubeconfig,
      // Fixed: else a kubeconfig that changes, or isn't known yet, would replace all that is on the cluster.
      clusterIdentifier: readableIdentity(name),
      enableServerSideApply: true,
      // Else other content of a ConfigMap deletes the object and makes it anew, while pods mount it by its name. Those that are
      // `immutable` are still replaced, by one of another name: that is what rolls pods.
      enableConfigMapMutable: true,
      // After each definition of a kind the provider asks for all kinds anew, which its 50 requests a second would hold up.
      kubeClientSettings: { qps: 500, burst: 1000 },
    },
    { parent },
  );
}

/** Where Pulumi reaches the API servers: the load balancer once it lets through to them, or a control plane that is ready. */
function apiServerOf(
  { cluster, args, controlPlanes, parent }: HostStepContext,
  read: remote.Command,
  admin: pulumi.Output<string>,
): pulumi.Output<string> {
  const { endpoint, loadBalancer } = args;
  if (loadBalancer) {
    const wait = new local.Command(
      `${cluster}-load-balancer`,
      {
        create: readScript("wait-for-load-balancer"),
        interpreter: bash,
        environment: { API_SERVER: loadBalancer.apiServer },
      },
      { parent, dependsOn: [read, ...loadBalancer.dependsOn] },
    );
    return pulumi.all([loadBalancer.apiServer, wait.id]).apply(([apiServer]) => apiServer);
  }
  const [first, ...others] = controlPlanes;
  const apiServers = [first.apiServer, ...others.map(({ apiServer }) => apiServer)] as const;
  return readyApiServer(apiServers, endpoint, admin.apply(certificateAuthority));
}

function nodesAfter(joined: remote.Command[], hosts: readonly Host[]): pulumi.Output<ClusterNode[]> {
  return pulumi
    .all([pulumi.all(hosts.map(({ address }) => address)), pulumi.all(joined.map(({ id }) => id))])
    .apply(([addresses]) => hosts.map(({ name, role }, index) => ({ name, role, address: addresses[index]! })));
}
