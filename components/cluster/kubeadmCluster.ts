import { local, type remote } from "@pulumi/command";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Host, Role } from "../hosts/host";
import { bash } from "../hosts/localScript";
import { certificatesNow } from "./certificates/liveCertificates";
import type { CertificateReport } from "./certificates/report";
import { readScript } from "./hostScript";
import { byRole } from "./hostsPlan";
import { clusterIdentity, readableIdentity } from "./identity";
import { certificateAuthority, reachableKubeconfig } from "./kubeconfig";
import type { KubeadmClusterArgs } from "./kubeadmClusterArgs";
import { readyApiServer } from "./readyApiServer";
import { afterSteps } from "./steps/afterSteps";
import {
  type ControlPlaneSteps,
  initialise,
  joinControlPlanes,
  kubeconfigOf,
  readKubeconfig,
} from "./steps/controlPlaneSteps";
import { exchangeAuthorities } from "./steps/authoritySteps";
import { changeKeys } from "./steps/encryptionSteps";
import type { HostStepContext } from "./steps/hostStep";
import { label } from "./steps/labelStep";
import { forgetOriginal, prepareAll } from "./steps/prepareSteps";
import { afterUpgrade, onlyIfDue, upgradeAll, type UpgradeOrder } from "./steps/upgradeSteps";
import { joinWorkers, leaveAtOnce } from "./steps/workerSteps";
import { needsReports, NO_MAINTENANCE, NO_TASK } from "./maintenancePlan";
import { dueMaintenance } from "./versionsOnNodes";

/** A node of the cluster. */
export interface ClusterNode {
  name: string;
  role: Role;
  address: string;
}

/**
 * A Kubernetes cluster, made by kubeadm on hosts. It has no pod network, without which its nodes are registered but not ready.
 * Destroying the cluster leaves the hosts as they were.
 *
 * @example new KubeadmCluster("dev", { hosts: existingHosts(machines, {}), version: "1.34.4", … })
 * @see https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/high-availability/
 */
export class KubeadmCluster extends pulumi.ComponentResource {
  /** Provider of objects in the cluster. It works once there is a control plane, while workers still join. */
  readonly provider: kubernetes.Provider;
  /** The administrator's kubeconfig, for use from where Pulumi runs. Secret. */
  readonly kubeconfig: pulumi.Output<string>;
  /** The step that created the cluster, for `deletedWith`: when it is deleted, all objects of the cluster go with it. */
  readonly beginning: pulumi.Resource;
  /** The step that joins each host, by the host's name. Resources with pods for that node depend on it. */
  readonly joined: ReadonlyMap<string, remote.Command>;
  /** What further steps on the hosts need, such as PodNetworkCheck's. */
  readonly context: HostStepContext;
  /** How long the cluster's certificates are still valid. */
  readonly certificates: pulumi.Output<CertificateReport>;
  /** The nodes, known once all have joined. */
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
    const controlPlaneSteps = joinControlPlanes(context, beginning, prepared);
    // The first API server may restart for new settings and certificates. All who ask it come afterwards: Pulumi, and workers' steps.
    const served = controlPlaneSteps[0]!.renewed;
    const members = controlPlaneSteps.map(({ renewed }) => renewed);
    // Ends before anybody asks the API servers by the kubeconfig, which has the new authority alone.
    const exchanged = exchangeAuthorities(context, { initialised: beginning, members, workers, prepared });
    const read = readKubeconfig(context, [served, ...exchanged.values()]);
    const admin = kubeconfigFrom(context, read);
    const order = upgradeOrder(context, admin, workers, prepared);
    const controlPlaneNodes = new Map(controlPlanes.map((host, at) => [host, exchanged.get(host) ?? members[at]!]));
    const upgraded = upgradeAll(context, order, controlPlaneNodes);
    const upgrades = onlyIfDue(order, [...upgraded.values()]);
    // A change of keys may restart API servers with the upgraded version, and ends before anybody else uses them.
    const keyed = changeKeys(context, [...controlPlaneNodes.values()], upgrades);
    const joined = joinWorkers(
      context,
      workers,
      beginning,
      [served, ...exchanged.values(), ...keyed],
      prepared,
      upgrades,
    );
    const workerNodes = new Map(workers.map((host, index) => [host, joined[index]!]));
    const ended = upgradeAll(context, order, workerNodes, upgraded);
    this.kubeconfig = pulumi.secret(afterUpgrade(order, ended, afterSteps(admin, keyed)));
    const nodes = new Map([...controlPlaneNodes, ...workerNodes]);
    labelAll(context, nodes, this.kubeconfig);
    forgetLost(context, beginning);

    this.beginning = beginning;
    this.joined = new Map([...nodes].map(([host, node]) => [host.name, node]));
    this.provider = clusterProvider(name, this.kubeconfig, this);
    this.nodes = nodesAfter([...nodes.values()], hosts);
    this.certificates = warnedCertificates(context, this.kubeconfig, controlPlaneSteps);
    this.registerOutputs({ kubeconfig: this.kubeconfig, nodes: this.nodes });
  }
}

/** The administrator's kubeconfig, for use from where Pulumi runs. @param read the step that prints it */
function kubeconfigFrom(context: HostStepContext, read: remote.Command): pulumi.Output<string> {
  const admin = kubeconfigOf(context, read);
  return pulumi.secret(
    pulumi
      .all([admin, apiServerOf(context, read, admin)])
      .apply(([printed, apiServer]) => reachableKubeconfig(printed, apiServer, context.args.endpoint)),
  );
}

/** What is due on which host, and in which order. Where hosts report what they need, they do so in their preparation. */
function upgradeOrder(
  { args }: HostStepContext,
  admin: pulumi.Output<string>,
  workers: readonly Host[],
  prepared: ReadonlyMap<Host, remote.Command>,
): UpgradeOrder {
  const { version, hosts, addOns, maintenance = NO_MAINTENANCE } = args;
  const reported = needsReports(maintenance);
  const kubeconfig = reported ? afterSteps(admin, [...prepared.values()]) : admin;
  const due = dueMaintenance({ wanted: { version, maintenance }, hosts, addOns, kubeconfig });
  return {
    isDue: due.apply(({ isDue }) => isDue),
    // Without reports, the steps' inputs are known even in previews that don't know the kubeconfig.
    taskOf: ({ name }) => pulumi.output(reported ? due.apply(({ tasks }) => tasks[name] ?? NO_TASK) : NO_TASK),
    workers,
    prepared,
  };
}

/** How long certificates are still valid, with a warning for each problem. */
function warnedCertificates(
  context: HostStepContext,
  kubeconfig: pulumi.Output<string>,
  steps: readonly ControlPlaneSteps[],
): pulumi.Output<CertificateReport> {
  const certificates = certificatesNow(
    context,
    kubeconfig,
    steps.map(({ renewed }) => renewed),
  );
  certificates.apply(({ warnings }) => {
    for (const warning of warnings) void pulumi.log.warn(warning);
  });
  return certificates;
}

function labelAll(
  context: HostStepContext,
  nodes: ReadonlyMap<Host, remote.Command>,
  kubeconfig: pulumi.Output<string>,
): void {
  const allowed = pulumi.unsecret(pulumi.output(context.args.beforeMarks?.(kubeconfig)));
  for (const [host, node] of nodes) label(context, host, allowed, node);
}

/** Removes the Nodes of lost workers. Nothing can be undone on a lost host itself. */
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
      // Without a fixed identifier, a changed or unknown kubeconfig would replace all objects of the cluster.
      clusterIdentifier: readableIdentity(name),
      enableServerSideApply: true,
      // By default a changed ConfigMap is deleted and created again, while pods mount it by its name. Immutable ConfigMaps are
      // still replaced, by one of another name, which is what rolls pods.
      enableConfigMapMutable: true,
      // After each CustomResourceDefinition the provider discovers all kinds again, for which 50 requests a second are too few.
      kubeClientSettings: { qps: 500, burst: 1000 },
    },
    { parent },
  );
}

/** Address at which Pulumi reaches the API servers: the load balancer, once connections get through, or a ready control plane. */
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
