import { kubernetesVersions } from "../artifacts/kubernetesReleases";
import type { Role } from "../hosts/nodeSettings";
import { dueOn, type HostTask, type Maintenance, needsReports, reportOf, taskOf } from "./maintenancePlan";

/** A host of the config. */
export interface VersionedHost {
  readonly name: string;
  readonly role: Role;
  readonly lost?: boolean | undefined;
}

/** A Node, as far as an upgrade depends on it. */
export interface RunningNode {
  readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: { readonly unschedulable?: boolean };
  readonly status: {
    readonly nodeInfo: { readonly kubeletVersion: string; readonly containerRuntimeVersion: string };
    readonly conditions?: readonly Condition[];
  };
}

/** A Pod, as far as an upgrade depends on it. */
export interface RunningPod {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
    readonly ownerReferences?: readonly { readonly kind: string; readonly controller?: boolean }[];
  };
  readonly spec: { readonly nodeName?: string; readonly containers: readonly { readonly image: string }[] };
  readonly status: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** What hosts shall have. */
export interface WantedHosts {
  /** Kubernetes' version, one of kubernetesReleases.ts. @example "1.35.4" */
  readonly version: string;
  readonly maintenance: Maintenance;
}

/** What a cluster runs, by its API server. */
export interface RunningVersions {
  readonly nodes: readonly RunningNode[];
  /** Pods of the API servers. */
  readonly apiServers: readonly RunningPod[];
}

/** What decides whether a cluster may be upgraded now, by its API server. */
export interface RunningCluster extends RunningVersions {
  readonly pods: readonly RunningPod[];
  /** Metrics of the API server that answered, in Prometheus' text format. */
  readonly metrics: string;
}

/** Whether and how the hosts of a cluster are upgraded, updated or rebooted. */
export interface UpgradeJudgement {
  /** Why they may not be, in sentences for the user (KK900 to KK908). */
  readonly refusals: readonly string[];
  /** What the user should know, in sentences (KK909). */
  readonly warnings: readonly string[];
  /** What will happen, a line each. */
  readonly plan: readonly string[];
}

/**
 * Annotation of a Node whose upgrade has begun; before-upgrade.sh writes it, and after-upgrade.sh removes it. Such a node may be
 * cordoned or not ready, since the next `up` continues its upgrade.
 */
export const UPGRADE_ANNOTATION = "kubeadm-kafka/upgrade";

/** Minor versions that a kubelet may be older than the API servers. @see https://kubernetes.io/releases/version-skew-policy/#kubelet */
const KUBELET_SKEW = 3;

/** Minor version whose kubelet needs containerd 2: it no longer runs without CRI's RuntimeConfig. */
const CONTAINERD_2 = 38;

/** A host of the config that is a node and has to be drained, and why. */
interface DueHost {
  readonly name: string;
  readonly role: Role;
  /** Whether its Kubernetes runs another version than the config's. */
  readonly upgrade: boolean;
  /** Why it is rebooted. @default it isn't */
  readonly reboot?: string;
  /** Packages that it gets. @default none @example "containerd=1.7.24-1" */
  readonly updates?: string;
}

/** Whether a host has something to do. Hosts that haven't joined yet don't count. */
export function isAnythingDue(wanted: WantedHosts, hosts: readonly VersionedHost[], running: RunningVersions): boolean {
  return dueHosts(wanted, hosts, running).length > 0;
}

/** Hosts with something to do, in the order in which they are drained: control planes first, otherwise as the config lists them. */
function dueHosts(wanted: WantedHosts, hosts: readonly VersionedHost[], cluster: RunningVersions): DueHost[] {
  const running = runningOn(hosts, cluster);
  const ordered = (["control-plane", "worker"] as const).flatMap((role) => hosts.filter((host) => host.role === role));
  return ordered.flatMap(({ name, role }) => {
    const node = cluster.nodes.find(({ metadata }) => metadata.name === name);
    const upgrade = running.some(({ host, version }) => host === name && version !== wanted.version);
    const due = node && running.some(({ host }) => host === name) ? dueOn(wanted.maintenance, node) : {};
    return upgrade || due.reboot || due.updates ? { name, role, upgrade, ...due } : [];
  });
}

/** The task of each node, by its name, see taskOf. */
export function tasksOf({ maintenance }: WantedHosts, { nodes }: RunningVersions): Readonly<Record<string, HostTask>> {
  return Object.fromEntries(nodes.map((node) => [node.metadata.name, taskOf(maintenance, node)]));
}

/** Nodes of the config whose hosts haven't reported yet, if that matters. */
export function withoutReport(
  { maintenance }: WantedHosts,
  hosts: readonly VersionedHost[],
  { nodes }: RunningVersions,
): string[] {
  if (!needsReports(maintenance)) return [];
  const staying = hosts.filter(({ lost }) => !lost).map(({ name }) => name);
  const silent = nodes.filter((node) => staying.includes(node.metadata.name) && !reportOf(node));
  return silent.map(({ metadata }) => metadata.name);
}

/** What a reboot hasn't changed, in sentences (KK985): the host isn't rebooted again for that. */
export function uselessReboots({ maintenance }: WantedHosts, { nodes }: RunningVersions): string[] {
  if (maintenance.reboot === "never") return [];
  return nodes.flatMap((node) => {
    const remains = reportOf(node)?.remains;
    if (remains === undefined) return [];
    return (
      `${node.metadata.name} was rebooted, and still ${remains}: its boot loader starts another kernel. It isn't rebooted again for ` +
      "that. [KK985]"
    );
  });
}

/**
 * Judges upgrades, updates and reboots before anything is touched.
 *
 * @see https://kubernetes.io/docs/tasks/administer-cluster/kubeadm/kubeadm-upgrade/
 */
export function judgeUpgrade(
  wanted: WantedHosts,
  hosts: readonly VersionedHost[],
  cluster: RunningCluster,
): UpgradeJudgement {
  const { version } = wanted;
  const running = runningOn(hosts, cluster);
  const path = pathRefusals(version, running);
  if (path.length > 0) return { refusals: path, warnings: [], plan: [] };
  const due = dueHosts(wanted, hosts, cluster);
  const upgrades = due.some(({ upgrade }) => upgrade);
  const refusals = [
    ...(upgrades
      ? [
          ...skewRefusals(version, hosts, cluster),
          ...joiningControlPlanes(hosts, cluster),
          ...removedApis(version, cluster),
        ]
      : []),
    ...nodesNotReady(hosts, cluster),
    ...unreadyComponents(hosts, cluster),
    ...podsWithoutController(due, cluster),
    ...cordonedWithPods(due, cluster),
  ];
  const warnings = upgrades ? [...deprecatedApis(version, cluster), ...oldContainerd(version, cluster)] : [];
  return { refusals, warnings, plan: refusals.length > 0 ? [] : planOf(version, hosts, due, running) };
}

/** Something that has a version, and the host that it runs on. */
interface Running {
  readonly host: string;
  readonly version: string;
}

/** Kubelets and API servers of the config's hosts. */
function runningOn(hosts: readonly VersionedHost[], { nodes, apiServers }: RunningVersions): Running[] {
  const staying = new Set(hosts.filter(({ lost }) => !lost).map(({ name }) => name));
  const kubelets = nodes.map((node) => ({ host: node.metadata.name, version: kubeletVersion(node) }));
  const servers = apiServers.map((pod) => ({ host: pod.spec.nodeName ?? "", version: imageVersion(pod) }));
  return [...servers, ...kubelets].filter(({ host }) => staying.has(host));
}

const kubeletVersion = ({ status }: RunningNode): string => status.nodeInfo.kubeletVersion.replace(/^v/, "");

/** @example "registry.k8s.io/kube-apiserver:v1.34.4" → "1.34.4" */
const imageVersion = ({ spec }: RunningPod): string => /:v([^@]+)/.exec(spec.containers[0]?.image ?? "")?.[1] ?? "";

/** @example "1.34.4" → [1, 34, 4] */
const numbersOf = (version: string): number[] => version.split(/[.+-]/).slice(0, 3).map(Number);
export const minorOf = (version: string): number => numbersOf(version)[1]!;

/** Negative if the first version is older. */
export function compareVersions(one: string, other: string): number {
  const [ours, theirs] = [numbersOf(one), numbersOf(other)];
  const at = ours.findIndex((number, index) => number !== theirs[index]);
  return at === -1 ? 0 : ours[at]! - theirs[at]!;
}

/** Whether hosts of all these versions can be upgraded to one at once: none is newer, or older by more than a minor version. */
export function isReachable(wanted: string, versions: readonly string[]): boolean {
  return versions.every((version) => compareVersions(version, wanted) <= 0 && minorOf(wanted) <= minorOf(version) + 1);
}

function pathRefusals(wanted: string, running: readonly Running[]): string[] {
  if (
    isReachable(
      wanted,
      running.map(({ version }) => version),
    )
  )
    return [];
  const oldest = running.reduce((one, other) => (compareVersions(other.version, one.version) < 0 ? other : one));
  const newest = running.reduce((one, other) => (compareVersions(other.version, one.version) > 0 ? other : one));
  if (compareVersions(newest.version, wanted) > 0) {
    const begun = oldest.version === newest.version ? "" : `, and ${oldest.host} still ${oldest.version}`;
    return [
      `kubernetes.version is ${wanted}, and ${newest.host} runs ${newest.version} already${begun}: Kubernetes can't be downgraded. ` +
        `Set it to ${newest.version}. Nothing was touched. [KK900]`,
    ];
  }
  const steps = stepsBetween(oldest.version, wanted);
  return [
    `kubernetes.version is ${wanted}, and ${oldest.host} runs ${oldest.version}: Kubernetes is upgraded by one minor version at a ` +
      `time. Set it to ${steps[1]!} and run up, and go on so: ${steps.join(" -> ")}. Nothing was touched. [KK901]`,
  ];
}

/** The versions of an upgrade by more than one minor version. @example ["1.34.4", "1.35.4", "1.36.3"] */
function stepsBetween(from: string, to: string): string[] {
  const between = newestPatches(kubernetesVersions).filter(
    (version) => minorOf(version) > minorOf(from) && minorOf(version) < minorOf(to),
  );
  return [from, ...between, to];
}

/** The newest version of each minor version among these. @example ["1.34.3", "1.34.4", "1.35.4"] → ["1.34.4", "1.35.4"] */
export function newestPatches(versions: readonly string[]): string[] {
  return versions.filter((version) =>
    versions.every((other) => minorOf(other) !== minorOf(version) || compareVersions(other, version) <= 0),
  );
}

/** Nodes that the config doesn't have keep their kubelets. */
function skewRefusals(wanted: string, hosts: readonly VersionedHost[], { nodes }: RunningVersions): string[] {
  return nodes
    .filter(({ metadata }) => !hosts.some(({ name }) => name === metadata.name))
    .filter((node) => minorOf(wanted) - minorOf(kubeletVersion(node)) > KUBELET_SKEW)
    .map(
      (node) =>
        `${node.metadata.name}, which the config doesn't have, runs the kubelet ${kubeletVersion(node)}: API servers of ${wanted} ` +
        `support none before 1.${minorOf(wanted) - KUBELET_SKEW}. Upgrade it or remove it. Nothing was touched. [KK902]`,
    );
}

/** A new control plane would join with a newer kubelet than the API servers. */
function joiningControlPlanes(hosts: readonly VersionedHost[], { nodes }: RunningVersions): string[] {
  const names = new Set(nodes.map(({ metadata }) => metadata.name));
  const joining = hosts.filter(({ name, role, lost }) => role === "control-plane" && !lost && !names.has(name));
  if (joining.length === 0) return [];
  return [
    `${listed(joining.map(({ name }) => name))} would join as a control plane during the upgrade: set kubernetes.version back, ` +
      `run up, and upgrade in an up of its own. Nothing was touched. [KK908]`,
  ];
}

/** Nodes whose upgrade an earlier `up` has begun. */
function begun({ nodes }: RunningVersions): ReadonlySet<string> {
  const marked = nodes.filter(({ metadata }) => metadata.annotations?.[UPGRADE_ANNOTATION] !== undefined);
  return new Set(marked.map(({ metadata }) => metadata.name));
}

function nodesNotReady(hosts: readonly VersionedHost[], cluster: RunningVersions): string[] {
  const exempt = new Set([...begun(cluster), ...lostOf(hosts)]);
  const remedy = (name: string) =>
    hosts.some((host) => host.name === name)
      ? "Repair it, or, if it is dead, call it lost in the config (lost: true)."
      : "The config doesn't have it. If up is to remove it, set kubernetes.version, hosts.reboot and hosts.updates back for one " +
        "up; if it never was there, repair it or delete its Node.";
  return cluster.nodes
    .filter(({ metadata, status }) => !isTrue(status.conditions, "Ready") && !exempt.has(metadata.name))
    .map(
      ({ metadata: { name } }) =>
        `${name} isn't Ready, and one node more would go down: kubectl describe node ${name} says why. ${remedy(name)} ` +
        `Nothing was touched. [KK903]`,
    );
}

const lostOf = (hosts: readonly VersionedHost[]): string[] => hosts.filter(({ lost }) => lost).map(({ name }) => name);

/** Pods of the control plane, and of what every node needs. */
const isComponent = ({ metadata: { namespace, labels = {} } }: RunningPod): boolean =>
  namespace === "kube-system" &&
  (labels["tier"] === "control-plane" ||
    ["kube-proxy", "kube-dns", "calico-node", "calico-kube-controllers"].includes(labels["k8s-app"] ?? ""));

function unreadyComponents(hosts: readonly VersionedHost[], cluster: RunningCluster): string[] {
  const exempt = begun(cluster);
  const lost = lostOf(hosts);
  const waits = ({ spec: { nodeName } }: RunningPod) =>
    nodeName === undefined ? exempt.size > 0 : exempt.has(nodeName) || lost.includes(nodeName);
  const unready = cluster.pods.filter(
    (pod) => isComponent(pod) && !pod.metadata.deletionTimestamp && !isTrue(pod.status.conditions, "Ready"),
  );
  return unready
    .filter((pod) => !waits(pod))
    .map(
      ({ metadata: { name, namespace } }) =>
        `the pod ${name} isn't ready, and no node may go down before it is: kubectl describe pod ${name} --namespace ${namespace} says why. ` +
        `Nothing was touched. [KK904]`,
    );
}

/** An API version that some client has used since the API server's start, though it is deprecated. */
interface DeprecatedApi {
  /** @example "policy/v1beta1 poddisruptionbudgets" */
  readonly name: string;
  /** @example "1.38" */
  readonly removedIn: string;
}

/** @see https://kubernetes.io/docs/reference/using-api/deprecation-policy/ for the metric */
function requestedDeprecated(metrics: string): DeprecatedApi[] {
  return [...metrics.matchAll(/^apiserver_requested_deprecated_apis\{(.*)\} 1$/gm)].flatMap(([, text]) => {
    const labels = Object.fromEntries([...text!.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
    const { group, version, resource, removed_release: removedIn } = labels;
    if (!removedIn) return []; // deprecated, and nobody plans to remove it
    return { name: `${[group, version].filter(Boolean).join("/")} ${resource}`, removedIn };
  });
}

function removedApis(wanted: string, { metrics }: RunningCluster): string[] {
  return requestedDeprecated(metrics)
    .filter(({ removedIn }) => minorOf(removedIn) <= minorOf(wanted))
    .map(
      ({ name, removedIn }) =>
        `a client uses the API ${name}, which ${removedIn} doesn't have any more: let it use a newer version of that API. The API ` +
        `server forgets at its restart what was used: on a control plane, sudo crictl stop $(sudo crictl ps --quiet --name ` +
        `kube-apiserver). Nothing was touched. [KK905]`,
    );
}

function deprecatedApis(wanted: string, { metrics }: RunningCluster): string[] {
  const later = requestedDeprecated(metrics).filter(({ removedIn }) => minorOf(removedIn) > minorOf(wanted));
  if (later.length === 0) return [];
  const names = later.map(({ name, removedIn }) => `${name} (until ${removedIn})`);
  return [`clients use APIs that a later Kubernetes doesn't have any more: ${names.join(", ")} [KK909]`];
}

function oldContainerd(wanted: string, { nodes }: RunningVersions): string[] {
  const old = nodes.filter(({ status }) => status.nodeInfo.containerRuntimeVersion.startsWith("containerd://1."));
  if (old.length === 0 || minorOf(wanted) < CONTAINERD_2 - 1) return [];
  return [
    `${listed(old.map(({ metadata }) => metadata.name))} will need containerd 2 for Kubernetes 1.${CONTAINERD_2}`,
  ];
}

/** Pods that an eviction would remove, on nodes that are still to be drained. */
function podsToEvict(due: readonly DueHost[], { pods }: RunningCluster): RunningPod[] {
  const names = new Set(due.map(({ name }) => name));
  return pods.filter(
    ({ metadata, spec, status }) =>
      names.has(spec.nodeName ?? "") &&
      !["Succeeded", "Failed"].includes(status.phase ?? "") &&
      metadata.annotations?.["kubernetes.io/config.mirror"] === undefined &&
      !metadata.ownerReferences?.some(({ kind }) => kind === "DaemonSet"),
  );
}

function podsWithoutController(due: readonly DueHost[], cluster: RunningCluster): string[] {
  return podsToEvict(due, cluster)
    .filter(({ metadata }) => !metadata.ownerReferences?.some(({ controller }) => controller))
    .map(
      ({ metadata: { name, namespace }, spec }) =>
        `the pod ${namespace}/${name} on ${spec.nodeName!} has no controller that would make it again: delete it. ` +
        `Nothing was touched. [KK906]`,
    );
}

/** An administrator's cordon stays, so that the pods of such a node couldn't return to it. */
function cordonedWithPods(due: readonly DueHost[], cluster: RunningCluster): string[] {
  const exempt = begun(cluster);
  const pods = podsToEvict(due, cluster);
  return cluster.nodes
    .filter(({ metadata, spec }) => spec.unschedulable && !exempt.has(metadata.name))
    .map(({ metadata: { name } }) => ({ name, held: pods.filter(({ spec }) => spec.nodeName === name) }))
    .filter(({ held }) => held.length > 0)
    .map(
      ({ name, held }) =>
        `${name} is cordoned, so its pods could not return: ` +
        `${held.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(", ")}. Let pods come (kubectl uncordon ${name}), ` +
        `or move them (kubectl drain ${name} --ignore-daemonsets). Nothing was touched. [KK907]`,
    );
}

const isTrue = (conditions: readonly Condition[] = [], type: string): boolean =>
  conditions.some((condition) => condition.type === type && condition.status === "True");

const listed = (names: readonly string[]): string => names.join(names.length === 2 ? " and " : ", ");

/** What happens on which host, in order. */
function planOf(
  wanted: string,
  hosts: readonly VersionedHost[],
  due: readonly DueHost[],
  running: readonly Running[],
): string[] {
  const from = [...new Set(running.map(({ version }) => version).filter((version) => version !== wanted))];
  const upgrades = from.length > 0 ? `Kubernetes ${listed(from.sort(compareVersions))} becomes ${wanted}. ` : "";
  const does = [
    ...(from.length > 0 ? ["upgraded"] : []),
    ...(due.some(({ updates }) => updates) ? ["updated"] : []),
    ...(due.some(({ reboot }) => reboot) ? ["rebooted"] : []),
  ];
  const controlPlanes = hosts.filter(({ role, lost }) => role === "control-plane" && !lost);
  const alone = due.find(({ role, upgrade, reboot }) => role === "control-plane" && (upgrade || reboot));
  const outage = alone?.reboot === undefined ? "while it restarts, for about a minute" : "while it reboots";
  return [
    `${upgrades}One host after the other is drained, ${does.join(" or ")} and ready again before the next; pods whose volumes are ` +
      "on the host wait for it:",
    ...due.map((host, index) => `  ${index + 1}. ${host.name}: ${changesOn(host)}`),
    ...(alone && controlPlanes.length === 1
      ? [`The only control plane's API doesn't answer ${outage}; pods run on.`]
      : []),
    ...(from.length > 0 ? ["CoreDNS and kube-proxy are replaced once all control planes are upgraded."] : []),
  ];
}

function changesOn({ role, upgrade, updates, reboot }: DueHost): string {
  return [
    ...(upgrade ? [restarts(role)] : []),
    ...(updates === undefined ? [] : [`gets ${updates.split(" ").join(", ")}, and the kubelet restarts`]),
    ...(reboot === undefined ? [] : [`reboots (${reboot})`]),
  ].join("; ");
}

const restarts = (role: Role): string =>
  role === "worker"
    ? "the kubelet restarts"
    : "etcd, API server, controller manager and scheduler restart, and then the kubelet";
