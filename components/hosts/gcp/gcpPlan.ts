import { addressAt, type Ipv4Range, parseRange, placeOf, sizeOf } from "../../addresses/ipv4";
import { ZONE_LABEL } from "../nodeMarks";
import type { NodeSettings, Role } from "../nodeSettings";

/** A host on an instance of Compute Engine. */
export interface GcpInstanceArgs extends NodeSettings {
  /** Hostname and node name. The instance's name has the stack's in front. @example "worker-1" */
  name: string;
  role: Role;
  /** Internal IPv4 address in the subnet's range. @default the next one from .10 for a control plane, from .20 for a worker */
  address?: string | undefined;
  /** Zone of the region. @default the zones in turn, by role @example "europe-west4-a" */
  zone?: string | undefined;
  /**
   * Range of its pods, as a CIDR, where the network routes pods.
   *
   * @default by the address's place in the subnet
   * @example "10.200.20.0/24"
   */
  podRange?: string | undefined;
  /** Machine type. A change stops the instance and starts it with the new type and its disk. @default `machine.type` */
  type?: string | undefined;
}

/** The config of hosts on Google Cloud. */
export interface GcpSettings {
  /** Id of a project that exists. @example "my-project-123" */
  project: string;
  /** @example "europe-west4" */
  region: string;
  /** Zones of the region for the hosts. @example ["europe-west4-a", "europe-west4-b"] */
  zones: readonly string[];
  network: {
    /** Part of the network's and the firewall rules' names after the stack's. */
    name: string;
    /** The subnet's IPv4 range, as a CIDR. @example "10.240.0.0/24" */
    range: string;
    /** MTU in bytes. */
    mtu: number;
  };
  /** IPv4 ranges that may reach SSH and the API server from outside, as CIDRs. The firewall drops all else. */
  allow: { ssh: readonly string[]; api: readonly string[] };
  machine: {
    /** Machine type. @example "e2-standard-2" */
    type: string;
    /** `PROJECT/FAMILY`. Instances that exist keep their image and disk. @example "debian-cloud/debian-12" */
    image: string;
    disk: {
      /** Disk type. @example "pd-balanced" */
      type: string;
      /** Size in GB. */
      size: number;
    };
  };
  /** Whether hosts have public addresses. If not, they are reached through a bastion, and reach the internet by Cloud NAT. */
  publicAddresses: boolean;
  /** Email of the account that instances run as. @default one that is created for the stack, without roles */
  serviceAccount?: string | undefined;
  /** Whether Google refuses to delete the instances. */
  deletionProtection: boolean;
  ssh: {
    /** User that Pulumi logs in as, who may `sudo` without a password. With OS Login, the name in the profile. */
    user: string;
    /** Public half of `privateKey`. @default none: a pair is created for the stack */
    publicKey?: string | undefined;
    /**
     * Whether OS Login decides who may log in, instead of keys in the instances' metadata.
     *
     * @see https://cloud.google.com/compute/docs/oslogin
     */
    osLogin: boolean;
  };
  instances: readonly GcpInstanceArgs[];
}

/** A firewall rule. */
export interface FirewallPlan {
  name: string;
  description: string;
  sources: readonly string[];
  /** Tags of the instances that the rule applies to. @default all in the network */
  targets?: readonly string[];
  allows: readonly { protocol: string; ports?: string[] }[];
}

/** An instance before it exists. */
export interface InstancePlan {
  name: string;
  zone: string;
  type: string;
  address: string;
  tags: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** Whether the instance may send packets from pods' addresses. */
  forwards: boolean;
  /** Kind of its public address. A `reserved` one outlives the instance. */
  publicAddress: "reserved" | "ephemeral" | "none";
  disk: { type: string; size: number };
}

/** An instance that becomes a host. */
export interface HostPlan extends InstancePlan {
  host: string;
  role: Role;
  /** Settings of the node. Its labels differ from the instance's, `labels`. */
  node: NodeSettings;
  /** Range of its pods, as a CIDR. @default none: the network doesn't route pods */
  podRange?: string;
}

/** Settings of the pods' network that Google's network depends on. */
export interface PodNetwork {
  /** Range of all pods, as a CIDR. @example "10.200.0.0/16" */
  range: string;
  /** Whether Google's network routes each host's pods to it. If not, hosts encapsulate packets between pods. */
  routed: boolean;
}

/** The load balancers in front of the API servers, before they exist. */
export interface LoadBalancerPlan {
  /** Address in the subnet, for the nodes. The external load balancer has the reserved address. */
  internalAddress: string;
  /** Zones with control planes. Each gets an instance group. */
  zones: readonly string[];
}

/** A stack on Google Cloud before any of its resources exists. */
export interface GcpPlan {
  names: GcpNames;
  /** Labels of all resources that can have some. The others show the stack in their name and description. */
  labels: Readonly<Record<string, string>>;
  description: string;
  firewalls: readonly FirewallPlan[];
  hosts: readonly HostPlan[];
  /** @default none: hosts have public addresses */
  bastion?: InstancePlan;
  /** @default none: the only control plane has the reserved address */
  loadBalancer?: LoadBalancerPlan;
}

/** Names of a stack's resources on Google Cloud. */
export type GcpNames = ReturnType<typeof gcpNames>;

/**
 * Names of a stack's resources: the stack's name, followed by the resource's name in the gcloud commands that
 * [docs/gcp.md](../../../docs/gcp.md) compares with.
 *
 * @example "lab-kubernetes-on-premise-allow-internal"
 */
export function gcpNames(stack: string, network: string) {
  const prefix = `${stack}-${network}`;
  return {
    network: prefix,
    subnet: `${stack}-kubernetes`,
    allowInternal: `${prefix}-allow-internal`,
    allowSsh: `${prefix}-allow-ssh`,
    allowApi: `${prefix}-allow-api`,
    allowHealthCheck: `${prefix}-allow-health-check`,
    address: prefix,
    router: `${prefix}-router`,
    nat: `${prefix}-nat`,
    bastion: `${stack}-bastion`,
    serviceAccount: `${stack}-nodes`,
    healthCheck: `${stack}-kubernetes`,
    backend: `${stack}-kubernetes`,
    internalBackend: `${stack}-kubernetes-internal`,
    forwardingRule: `${stack}-kubernetes-forwarding-rule`,
    internalForwardingRule: `${stack}-kubernetes-internal-forwarding-rule`,
    group: (zone: string) => `${stack}-controllers-${zone}`,
    instance: (host: string) => `${stack}-${host}`,
    route: (podRange: string) => `${stack}-kubernetes-route-${podRange.replace(/[./]/g, "-")}`,
  };
}

/**
 * Source ranges of Google's health checks: the first three for external passthrough load balancers, the first and the last for
 * internal ones.
 *
 * @see https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
 */
const probeRanges = ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22", "130.211.0.0/22"];

/**
 * Places of addresses in the subnet's range. Google reserves the first two and the last two.
 *
 * @see https://cloud.google.com/vpc/docs/subnets#unusable-ip-addresses-in-every-subnet
 */
const places = { loadBalancer: 5, bastion: 6, "control-plane": 10, worker: 20 };

/** Tags that firewall rules apply to. Every host also has the network's name as a tag. */
const tags = { "control-plane": "controller", worker: "worker", bastion: "bastion" } as const;

/** Plans all resources on Google Cloud. @param stack prefix of every name */
export function planGcp(stack: string, settings: GcpSettings, pods: PodNetwork): GcpPlan {
  const { network, publicAddresses } = settings;
  const names = gcpNames(stack, network.name);
  const labels = { "kubeadm-kafka-stack": stack };
  const controlPlanes = settings.instances.filter(({ role }) => role === "control-plane").length;
  const balanced = controlPlanes > 1 || !publicAddresses;
  const hosts = planHosts(settings, names, labels, balanced, pods);
  return {
    names,
    labels,
    description: `Made by kubeadm-kafka for the stack ${stack}`,
    firewalls: planFirewalls(settings, names, pods.range, balanced),
    hosts,
    ...(!publicAddresses && { bastion: planBastion(settings, names, labels) }),
    ...(balanced && {
      loadBalancer: {
        internalAddress: addressAt(parseRange(network.range), places.loadBalancer),
        zones: [...new Set(hosts.filter(({ role }) => role === "control-plane").map(({ zone }) => zone))],
      },
    }),
  };
}

function planHosts(
  { instances, machine, network, publicAddresses, zones }: GcpSettings,
  names: GcpNames,
  labels: GcpPlan["labels"],
  balanced: boolean,
  pods: PodNetwork,
): HostPlan[] {
  const subnet = parseRange(network.range);
  return instances.map((host, index) => {
    const place = instances.slice(0, index).filter(({ role }) => role === host.role).length;
    const reserved = host.role === "control-plane" && !balanced;
    const address = host.address ?? addressAt(subnet, places[host.role] + place);
    const zone = host.zone ?? zones[place % zones.length]!;
    return {
      host: host.name,
      role: host.role,
      node: { labels: { [ZONE_LABEL]: zone, ...host.labels }, taints: host.taints, kubelet: host.kubelet },
      name: names.instance(host.name),
      zone,
      type: host.type ?? machine.type,
      address,
      ...(pods.routed && { podRange: host.podRange ?? podRangeAt(parseRange(pods.range), placeOf(subnet, address)) }),
      tags: [names.network, tags[host.role]],
      labels: { ...labels, role: host.role },
      forwards: true,
      publicAddress: !publicAddresses ? "none" : reserved ? "reserved" : "ephemeral",
      disk: machine.disk,
    };
  });
}

function planBastion(
  { network, machine, zones }: GcpSettings,
  names: GcpNames,
  labels: GcpPlan["labels"],
): InstancePlan {
  return {
    name: names.bastion,
    zone: zones[0]!,
    type: "e2-micro",
    address: addressAt(parseRange(network.range), places.bastion),
    tags: [tags.bastion],
    labels: { ...labels, role: "bastion" },
    forwards: false,
    publicAddress: "ephemeral",
    disk: { type: machine.disk.type, size: 10 },
  };
}

function planFirewalls(
  { allow, network, publicAddresses }: GcpSettings,
  names: GcpNames,
  podCidr: string,
  balanced: boolean,
): FirewallPlan[] {
  const apiServer = { protocol: "tcp", ports: ["6443"] };
  return [
    {
      name: names.allowInternal,
      description: "Hosts and pods among themselves",
      sources: [network.range, podCidr],
      allows: [{ protocol: "tcp" }, { protocol: "udp" }, { protocol: "icmp" }],
    },
    {
      name: names.allowSsh,
      description: "SSH from outside",
      sources: allow.ssh,
      targets: [publicAddresses ? names.network : tags.bastion],
      allows: [{ protocol: "tcp", ports: ["22"] }],
    },
    {
      name: names.allowApi,
      description: "The API server from outside",
      sources: allow.api,
      targets: [tags["control-plane"]],
      allows: [apiServer],
    },
    ...(balanced
      ? [
          {
            name: names.allowHealthCheck,
            description: "The load balancers' health checks",
            sources: probeRanges,
            targets: [tags["control-plane"]],
            allows: [apiServer],
          },
        ]
      : []),
  ];
}

/** Prefix length of a host's range of pods, which therefore has 256 addresses ([docs/gcp.md](../../../docs/gcp.md)). */
const podPrefix = 24;

/** The range of a host's pods, by the host's place. @example `10.200.0.0/16`, 20 → `10.200.20.0/24` */
function podRangeAt(range: Ipv4Range, place: number): string {
  return `${addressAt(range, place * sizeOf({ prefix: podPrefix }))}/${podPrefix}`;
}
