import type { ArtifactSource } from "../artifacts/source";
import type { KubeletSettings, Role } from "../hosts/host";
import { type NodeMarks, parseTaint } from "../hosts/labels";
import type { ScriptInputs } from "./hostScript";
import { readKeptResult } from "./hostReport";
import { type ClusterSettings, controlPlaneJoinConfig, fixedSettings, initConfig, joinConfig } from "./kubeadmConfig";
import type { InitResult } from "./kubeconfig";
import { LEAST_MEMORY_MIB } from "./leastMemory";

/** How long pods may take to leave a node that goes, in seconds. A dead node shows as such within a minute. */
const DRAIN_SECONDS = "300";

/** What a host must have at least. */
export interface HostRequirements {
  /** Memory in MiB. @default LEAST_MEMORY_MIB */
  memoryMiB?: number;
  /** Free space for /var/lib in GiB. @default 8 */
  diskGiB?: number;
}

/** A host with its address known. */
export interface PlannedHost {
  readonly name: string;
  readonly role: Role;
  readonly address: string;
  readonly kubelet?: KubeletSettings | undefined;
}

/** The hosts by what they do. */
export interface HostsByRole<H> {
  /** In the config's order. The first one makes the cluster where there is none; afterwards it is like the others. */
  readonly controlPlanes: readonly [H, ...H[]];
  readonly workers: readonly H[];
}

/** @throws when there is no control plane; the stack's configuration has refused that before */
export function byRole<H extends { role: Role }>(hosts: readonly H[]): HostsByRole<H> {
  const [first, ...others] = hosts.filter(({ role }) => role === "control-plane");
  if (!first) throw new Error("a cluster needs a control plane");
  return { controlPlanes: [first, ...others], workers: hosts.filter(({ role }) => role === "worker") };
}

/**
 * Whether a proxy on each worker balances between the control planes. Not where there is a load balancer, or nothing to
 * balance.
 */
export function workersNeedProxy(controlPlanes: readonly unknown[], hasLoadBalancer: boolean): boolean {
  return controlPlanes.length > 1 && !hasLoadBalancer;
}

/** What the pod network needs of every host. */
export interface PodNetworkNeeds {
  /** Kernel module of its encapsulation. @default none */
  readonly module?: string | undefined;
  /** At which hosts take packets of each other's pods and routes: `udp 4789`, or `ipip`, a protocol without ports. */
  readonly ports: readonly string[];
  /** MTU of pods' interfaces, in bytes. @default 0, which the network finds out itself */
  readonly mtu?: number;
}

/** What a preflight has to know of a cluster. */
export interface PreflightSettings extends ClusterSettings {
  readonly podNetwork: PodNetworkNeeds;
  /** Folder that will hold pods' volumes. */
  readonly volumesPath: string;
}

/** @param controlPlanes all of them, for a control plane to ask whether it may move; a worker needs to know of none */
export function preflightInputs(
  host: PlannedHost,
  settings: PreflightSettings,
  controlPlanes: readonly PlannedHost[],
  proxy: boolean,
  needs: HostRequirements = {},
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    CONTROL_PLANES: nameAndAddress(controlPlanes),
    KUBERNETES_VERSION: settings.version,
    POD_CIDR: settings.podCidr,
    SERVICE_CIDR: settings.serviceCidr,
    POD_NETWORK_MODULE: settings.podNetwork.module ?? "",
    POD_NETWORK_PORTS: settings.podNetwork.ports.join("\n"),
    EVICTION_HARD: evictionLimits(host.kubelet),
    VOLUMES_PATH: settings.volumesPath,
    PROXY: String(proxy),
    MIN_MEMORY_MIB: String(needs.memoryMiB ?? LEAST_MEMORY_MIB),
    MIN_DISK_GIB: String(needs.diskGiB ?? 8),
  };
}

/** When the config has a host's kubelet evict pods, each signal as `SIGNAL=LIMIT`. */
function evictionLimits(kubelet: KubeletSettings = {}): string {
  const limits = Object.entries((kubelet["evictionHard"] ?? {}) as Record<string, string>);
  return limits.map(([signal, limit]) => `${signal}=${limit}`).join(" ");
}

/** What the hosts' own scripts have to know of a cluster beside what kubeadm is told. */
export interface HostSettings extends ClusterSettings {
  /** Folder that holds nothing but pods' volumes. */
  readonly volumesPath: string;
  /** What pods will run, most urgent first. */
  readonly podImages: readonly string[];
}

/** What the undo has to know; all else is on the host. */
export function undoInputs({ packages }: { packages: "remove" | "keep" }): ScriptInputs {
  return { PACKAGES: packages };
}

/** What the preparation of one host depends on: of other hosts nothing, so that one that comes or goes changes no other. */
export function prepareInputs(
  host: PlannedHost,
  settings: HostSettings,
  proxy: boolean,
  source: ArtifactSource,
): ScriptInputs {
  return {
    ROLE: host.role,
    ADDRESS: host.address,
    KUBERNETES_VERSION: settings.version,
    POD_CIDR: settings.podCidr,
    VOLUMES_PATH: settings.volumesPath,
    PROXY: String(proxy),
    // A control plane has enough to do.
    POD_IMAGES: host.role === "worker" ? settings.podImages.join(" ") : "",
    KUBELET: host.kubelet && Object.keys(host.kubelet).length > 0 ? JSON.stringify(host.kubelet) : "",
    MIRROR: source.kind === "mirror" ? source.url.replace(/\/+$/, "") : "",
  };
}

export function initInputs(
  first: PlannedHost,
  settings: ClusterSettings,
  apiServerNames: readonly string[],
): ScriptInputs {
  return {
    ADDRESS: first.address,
    ENDPOINT: settings.endpoint,
    KUBEADM_CONFIG: initConfig(settings, first.name, first.address, apiServerNames),
    FIXED: fixedSettings(settings),
    ENCRYPT_SECRETS: String(settings.encryptSecrets),
  };
}

/**
 * What a control plane has to know: of the others, so that it finds one to join and, if it is the last, sees which are no
 * longer wanted. Of workers nothing.
 *
 * @param printed by admit.sh, on another control plane. @default there is no other one
 */
export function controlPlaneInputs(
  host: PlannedHost,
  settings: ClusterSettings,
  controlPlanes: readonly PlannedHost[],
  apiServerNames: readonly string[],
  { authority, certificateKey }: InitResult,
  printed?: string,
): ScriptInputs {
  return {
    ADDRESS: host.address,
    ENDPOINT: settings.endpoint,
    KUBEADM_CONFIG: controlPlaneJoinConfig(settings, host.name, host.address, certificateKey),
    INIT_CONFIG: initConfig(settings, host.name, host.address, apiServerNames),
    AUTHORITY: authority,
    CERTIFICATE_KEY: certificateKey,
    CERTIFICATE: printed === undefined ? "" : (JSON.parse(printed) as Admission).certificate,
    CONTROL_PLANES: nameAndAddress(controlPlanes),
    IS_LAST: String(host.name === controlPlanes.at(-1)?.name),
    FIXED: fixedSettings(settings),
    ENCRYPT_SECRETS: String(settings.encryptSecrets),
    SCHEDULE_ON_CONTROL_PLANE: String(settings.scheduleOnControlPlane),
    DRAIN_SECONDS,
  };
}

/** What request.sh prints. Nothing of it is secret. */
interface JoinRequest {
  /** A request for the certificate of the host's node, PEM in base64. */
  readonly request: string;
  readonly machineId: string;
  /** Certificate authority of the cluster that the host says it is a node of, PEM in base64. Empty: of none. */
  readonly nodeOf: string;
}

/**
 * @param role what the host joins as
 * @param address the host's
 * @param printed by request.sh
 */
export function admitInputs(role: Role, address: string, printed: string): ScriptInputs {
  const { request, machineId, nodeOf } = JSON.parse(printed) as JoinRequest;
  return { ROLE: role, ADDRESS: address, REQUEST: request, MACHINE_ID: machineId, NODE_OF: nodeOf };
}

/** What admit.sh prints. Nothing of it is secret: the key that the certificate is for has never left the host. */
interface Admission {
  /** What the host joins by, PEM in base64. Empty where it is a node of the cluster already. */
  readonly certificate: string;
  /** Whom the API servers' certificates come from, PEM in base64. */
  readonly authority: string;
}

/**
 * @param loadBalancer its address, if the backend has one
 * @param printed by admit.sh
 */
export function joinInputs(
  worker: PlannedHost,
  settings: ClusterSettings,
  controlPlanes: readonly PlannedHost[],
  loadBalancer: string | undefined,
  printed: string,
): ScriptInputs {
  const { certificate, authority } = JSON.parse(printed) as Admission;
  const proxy = workersNeedProxy(controlPlanes, loadBalancer !== undefined);
  return {
    ADDRESS: worker.address,
    ENDPOINT: settings.endpoint,
    API_ADDRESS: proxy ? "127.0.0.1" : (loadBalancer ?? controlPlanes[0]!.address),
    API_SERVERS: proxy ? nameAndAddress(controlPlanes) : "",
    KUBEADM_CONFIG: joinConfig(worker.name, worker.address),
    CERTIFICATE: certificate,
    AUTHORITY: authority,
  };
}

/** `kubectl get nodes` shows a worker's role by it; kubeadm sets a control plane's. */
const workerRole = { "node-role.kubernetes.io/worker": "worker" };

/** The labels and taints that a node has from us and the config. No other host is in it: each changes without the others. */
export function labelInputs({ role, labels = {}, taints = [] }: NodeMarks & { role: Role }): ScriptInputs {
  const lines = (each: string[]): string => each.sort().join("\n");
  const all = { ...labels, ...(role === "worker" && workerRole) };
  return {
    LABELS: lines(Object.entries(all).map(([key, value]) => `${key}=${value}`)),
    TAINTS: lines(taints.map(parseTaint).map(({ key, value, effect }) => `${key}=${value}:${effect}`)),
  };
}

/** No other host is in it: a node that comes or goes has no other one checked again. */
export function podNetworkInputs(
  address: string,
  { endpoint, podCidr, podNetwork }: ClusterSettings & { readonly podNetwork: PodNetworkNeeds },
): ScriptInputs {
  return {
    ADDRESS: address,
    ENDPOINT: endpoint,
    POD_CIDR: podCidr,
    POD_NETWORK_PORTS: podNetwork.ports.join("\n"),
    MTU: String(podNetwork.mtu ?? 0),
  };
}

/**
 * What the check of a node's pod network has left out: one sentence, or none.
 *
 * @param printed by podNetwork.sh
 * @param hosts names of those that are still to be nodes
 * @param again the command that checks the node again
 */
export function uncheckedWarning(
  node: string,
  printed: string,
  hosts: readonly string[],
  again: string,
): string | undefined {
  const { unchecked } = JSON.parse(printed) as { unchecked: string[] };
  const left = unchecked.filter((name) => hosts.includes(name));
  if (left.length === 0) return undefined;
  return (
    `${left.join(", ")} gave no sign of life when ${node} joined the pod network, so nobody knows whether packets get through ` +
    `between them. Once all of these nodes are Ready: ${again} [KK864]`
  );
}

export const leaveInputs: ScriptInputs = { DRAIN_SECONDS };

function nameAndAddress(hosts: readonly PlannedHost[]): string {
  return hosts.map(({ name, address }) => `${name}=${address}`).join(" ");
}

/** What a preflight prints about its host. Times are in seconds since 1970. */
export interface PreflightFacts {
  readonly machineId: string;
  /** The largest packet, in bytes, that its network card sends. */
  readonly mtu: number;
  /**
   * What its packet filter drops of what other hosts send: `tcp 10250 (table inet filter, chain input)`. Missing in a state
   * that an earlier release wrote.
   */
  readonly closed?: readonly string[];
  /** What its clock said. */
  readonly clock: number;
  /** What the clock where Pulumi runs said before the login; null where it was another look than the first. */
  readonly asked: number | null;
}

/** @throws Error where it is something else */
export function parsePreflightFacts(text: string): PreflightFacts {
  const facts = JSON.parse(text) as PreflightFacts | null;
  const { machineId, mtu, clock, asked } = facts ?? {};
  const numbers = typeof mtu === "number" && typeof clock === "number" && (asked === null || typeof asked === "number");
  if (!facts || typeof machineId !== "string" || !numbers) throw new Error("no facts of a preflight");
  return facts;
}

/** The same with when it was there: at the first look soon after the host printed it, later on whenever. */
export interface HostFacts extends PreflightFacts {
  readonly answered: number;
}

/**
 * What a preflight said of its host, or why that can't be read.
 *
 * @param answered when it came, by the clock of the machine that runs Pulumi
 */
export function readFacts(host: string, printed: string, answered: number): HostFacts | Unreadable {
  try {
    return { ...readKeptResult(printed, parsePreflightFacts, { host, step: "preflight" }), answered };
  } catch (error) {
    return { unreadable: (error as Error).message };
  }
}

interface Unreadable {
  readonly unreadable: string;
}

/**
 * What hosts, each of them sound, are not together. One sentence each; empty when they go together. As long as one can't be
 * read, those alone that can't.
 */
export function togetherMistakes(all: ReadonlyMap<string, HostFacts | Unreadable>): string[] {
  const unreadable = [...all.values()].flatMap((each) => ("unreadable" in each ? each.unreadable : []));
  if (unreadable.length) return unreadable;
  const facts = all as ReadonlyMap<string, HostFacts>;
  return [...identityMistakes(facts), ...mtuMistakes(facts), ...filterMistakes(facts), ...clockMistakes(facts)];
}

/**
 * How far a host's clock may be from the median, in seconds. An API server doesn't take a service account's token that comes
 * from more than a minute ahead (the leeway of go-jose, which checks it); certificates bear five (kubeadm dates them back),
 * Kafka's records an hour (`message.timestamp.after.max.ms`).
 */
const MAX_CLOCK_SKEW = 60;

/** Of the hosts' clocks and the one where Pulumi runs, which has to take their certificates, too. */
function clockMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const skews = [...facts].map(([name, host]) => ({ name, skew: skewOf(host) }));
  const median = medianOf([0, ...skews.map(({ skew }) => skew)]);
  return skews
    .map(({ name, skew }) => ({ name, off: skew - median }))
    .filter(({ off }) => Math.abs(off) > MAX_CLOCK_SKEW)
    .map(
      ({ name, off }) =>
        `${name}'s clock is ${Math.abs(off)} seconds ${off < 0 ? "behind" : "ahead of"} the others; ` +
        `set it, and let NTP keep it: sudo timedatectl set-ntp true [KK727]`,
    );
}

/** What a login's time doesn't explain of the difference between a host's clock and the one where Pulumi runs. */
function skewOf({ clock, asked, answered }: HostFacts): number {
  return Math.max(0, clock - answered) || Math.min(0, clock - (asked ?? clock));
}

/** Of an even number the one of the middle two that is nearer to 0. */
function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return Math.abs(low) < Math.abs(high) ? low : high;
}

/** A host drops larger packets than its card's without a word: clusters with several MTUs work until a packet is large. */
function mtuMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const byMtu = Map.groupBy(facts, ([, { mtu }]) => mtu);
  if (byMtu.size < 2) return [];
  const groups = [...byMtu].map(([mtu, hosts]) => `${mtu} on ${hosts.map(([name]) => name).join(" and ")}`);
  return [
    `hosts have different MTUs: ${groups.join(", ")}; give all the same: sudo ip link set CARD mtu NUMBER [KK722]`,
  ];
}

/** A lone host gets nothing from others, and may drop what it likes. */
function filterMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  if (facts.size < 2) return [];
  return [...facts]
    .map(([name, { closed = [] }]) => ({ name, closed }))
    .filter(({ closed }) => closed.length > 0)
    .map(
      ({ name, closed }) =>
        `${name}'s packet filter drops what other hosts send it: ${closed.join(", ")}; ` +
        `accept it there, also after a boot [KK746]`,
    );
}

/**
 * Hosts that are one machine under two names, or copies of one that kept its identity (Calico and the kubelet tell hosts
 * apart by it).
 */
function identityMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const byId = Map.groupBy(facts, ([, { machineId }]) => machineId);
  return [...byId]
    .filter(([, hosts]) => hosts.length > 1)
    .map(
      ([id, hosts]) =>
        `${hosts.map(([name]) => name).join(" and ")} have the same machine id ${id}: either it is one machine, or a copy; ` +
        `on a copy: sudo rm /etc/machine-id && sudo systemd-machine-id-setup [KK711]`,
    );
}
