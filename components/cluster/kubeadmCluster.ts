import { local, type remote } from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Role } from "../hosts/host";
import { bash } from "../hosts/localScript";
import { readScript } from "./hostScript";
import {
  admit,
  admitControlPlane,
  controlPlane,
  forgetOriginal,
  type HostStepContext,
  initialise,
  initResultOf,
  join,
  kubeconfigOf,
  label,
  leave,
  leaveAtOnce,
  prepareAll,
  readKubeconfig,
  request,
} from "./hostSteps";
import { clusterIdentity, readableIdentity } from "./identity";
import { certificateAuthority, reachableKubeconfig } from "./kubeconfig";
import type { KubeadmClusterArgs } from "./kubeadmClusterArgs";
import { byRole } from "./plan";
import { readyApiServer } from "./readyApiServer";

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
    for (const host of args.hosts) if (host.lost) forgetOriginal(context, host);
    const beginning = initialise(context, prepared.get(controlPlanes[0]));
    this.beginning = beginning;
    const shared = initResultOf(context, beginning);

    // One after the other: etcd takes one new member at a time.
    const inCluster = controlPlanes.reduce<remote.Command[]>((before, host) => {
      const last = before.slice(-1);
      const admitted = admitControlPlane(context, host, prepared, last);
      return [...before, controlPlane(context, host, shared, admitted, [prepared.get(host)!, ...last])];
    }, []);

    const read = readKubeconfig(context, inCluster[0]);
    const admin = kubeconfigOf(context, read);
    this.kubeconfig = pulumi.secret(
      pulumi
        .all([admin, apiServerOf(name, args, controlPlanes, read, admin, this)])
        .apply(([printed, apiServer]) => reachableKubeconfig(printed, apiServer, args.endpoint)),
    );
    const allowed = pulumi.unsecret(pulumi.output(args.beforeMarks?.(this.kubeconfig)));
    const mark = (host: Host, node: remote.Command) => label(context, host, allowed, node);
    inCluster.forEach((node, index) => mark(controlPlanes[index]!, node));
    // Beside them: a worker needs no more than the first, and asks it for its certificate before there is one.
    const joined = workers.map((host) => {
      // Known before it joins: who has only begun to is sent away as well, and who was sent away joins anew.
      const leaves = leave(context, host, beginning, prepared.get(host));
      const requested = request(context, host, prepared.get(host));
      const admitted = admit(context, host, requested, [inCluster[0]!, leaves]);
      const node = join(context, host, admitted, args.loadBalancer?.dependsOn ?? []);
      mark(host, node);
      return node;
    });
    this.joined = new Map(
      [...controlPlanes, ...workers].map(({ name }, index) => [name, [...inCluster, ...joined][index]!]),
    );
    for (const host of args.hosts) if (host.lost && host.role === "worker") leaveAtOnce(context, host, beginning);

    this.provider = new kubernetes.Provider(
      name,
      {
        kubeconfig: this.kubeconfig,
        // Fixed: else a kubeconfig that changes, or isn't known yet, would replace all that is on the cluster.
        clusterIdentifier: readableIdentity(name),
        enableServerSideApply: true,
        // Else other content of a ConfigMap deletes the object and makes it anew, while pods mount it by its name. Those that are
        // `immutable` are still replaced, by one of another name: that is what rolls pods.
        enableConfigMapMutable: true,
        // After each definition of a kind the provider asks for all kinds anew, which its 50 requests a second would hold up.
        kubeClientSettings: { qps: 500, burst: 1000 },
      },
      { parent: this },
    );
    this.nodes = nodesAfter([...inCluster, ...joined], hosts);
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodes: this.nodes });
  }
}

/** Where Pulumi reaches the API servers: the load balancer once it lets through to them, or a control plane that is ready. */
function apiServerOf(
  name: string,
  { endpoint, loadBalancer }: KubeadmClusterArgs,
  controlPlanes: readonly [Host, ...Host[]],
  read: remote.Command,
  admin: pulumi.Output<string>,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  if (loadBalancer) {
    const open = new local.Command(
      `${name}-load-balancer`,
      {
        create: readScript("loadBalancer"),
        interpreter: bash,
        environment: { API_SERVER: loadBalancer.apiServer },
      },
      { parent, dependsOn: [read, ...loadBalancer.dependsOn] },
    );
    return pulumi.all([loadBalancer.apiServer, open.id]).apply(([apiServer]) => apiServer);
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
