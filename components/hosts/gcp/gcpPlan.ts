import { addressAt, type Ipv4Range, parseRange, placeOf, sizeOf } from "../../addresses/ipv4";
import { ZONE_LABEL } from "../labels";
import type { NodeSettings, Role } from "../nodeSettings";

/** A host that is to be an instance of Compute Engine. */
export interface GcpInstanceArgs extends NodeSettings {
  /** Hostname and node name. The instance's own name has the stack's in front. */
  name: string;
  role: Role;
  /** Internal IPv4 address, in the subnet's range. @default by role and place in the list: from .10 or .20 of the range on */
  address?: string | undefined;
  /** @default the region's zones in turn, by role */
  zone?: string | undefined;
  /** Range of its pods, as a CIDR, where the network routes them. @default by its address's place in the subnet */
  podRange?: string | undefined;
  /** Machine type. A change stops the instance and starts it as the new type, with its disk. @default the machine's */
  type?: string | undefined;
}

/** What a stack's hosts on Google Cloud are made of. */
export interface GcpSettings {
  /** Id of the project, which exists already. */
  project: string;
  region: string;
  /** Zones of the region that hosts are spread over. */
  zones: readonly string[];
  network: {
    /** What names of the network and its firewall go on with after the stack's. */
    name: string;
    /** The subnet's IPv4 range, as a CIDR. */
    range: string;
    /** MTU in bytes. */
    mtu: number;
  };
  /** Who may reach the hosts from outside, as CIDRs. Nobody else may. */
  allow: { ssh: readonly string[]; api: readonly string[] };
  machine: {
    /** For instance `e2-standard-2`. */
    type: string;
    /** `PROJECT/FAMILY`. Instances that exist keep the image and the disk that they were made with. */
    image: string;
    disk: {
      /** For instance `pd-balanced`. */
      type: string;
      /** In GB. */
      size: number;
    };
  };
  /** Whether hosts have public addresses. Without, a bastion leads to them and Cloud NAT from them. */
  publicAddresses: boolean;
  /** Email of the account that instances run as. @default one made for the stack, without any role */
  serviceAccount?: string | undefined;
  /** Whether Google refuses to delete the instances. */
  deletionProtection: boolean;
  ssh: {
    /** Who Pulumi logs in as; may `sudo` without a password. With OS Login, the name that the profile shows. */
    user: string;
    /** The public half of a given private key. @default none: a pair is made for the stack */
    publicKey?: string | undefined;
    /** Whether OS Login says who may log in, instead of keys in the instances' metadata. */
    osLogin: boolean;
  };
  instances: readonly GcpInstanceArgs[];
}

/** Of a rule of the firewall: who may reach what. */
export interface FirewallPlan {
  name: string;
  description: string;
  sources: readonly string[];
  /** Tags of the instances that it is for. @default all in the network */
  targets?: readonly string[];
  allows: readonly { protocol: string; ports?: string[] }[];
}

export interface InstancePlan {
  name: string;
  zone: string;
  type: string;
  address: string;
  tags: readonly string[];
  labels: Readonly<Record<string, string>>;
  /** Whether it may send packets from addresses that aren't its own: pods'. */
  forwards: boolean;
  /** Where its public address comes from: `reserved` outlives the instance. */
  publicAddress: "reserved" | "ephemeral" | "none";
  disk: { type: string; size: number };
}

/** An instance that becomes a host. */
export interface HostPlan extends InstancePlan {
  host: string;
  role: Role;
  /** The node's; `labels` are the instance's. */
  node: NodeSettings;
  /** Range of its pods. Only where the network routes them. */
  podRange?: string;
}

/** The pods' network, as far as the cloud's depends on it. */
export interface PodNetwork {
  /** Addresses of all pods, as a CIDR. */
  range: string;
  /** Whether the cloud's network routes each host's pods to it. Else packets between pods are wrapped in hosts'. */
  routed: boolean;
}

export interface LoadBalancerPlan {
  /** In the subnet, for the nodes. From outside it is reached at the reserved address. */
  internalAddress: string;
  /** Those with control planes; each gets a group. */
  zones: readonly string[];
}

/** Everything about a stack on Google Cloud that can be decided before there is any of it. */
export interface GcpPlan {
  names: GcpNames;
  /** On all that can have labels; what can't is told by its name and description. */
  labels: Readonly<Record<string, string>>;
  description: string;
  firewalls: readonly FirewallPlan[];
  hosts: readonly HostPlan[];
  /** Only where hosts have no public addresses. */
  bastion?: InstancePlan;
  /** Only where the reserved address can't simply be the control plane's. */
  loadBalancer?: LoadBalancerPlan;
}

export type GcpNames = ReturnType<typeof gcpNames>;

/** Names of the thesis' commands (`kubernetes-on-premise-allow-internal`, …), with the stack's in front. */
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
 * Where probes of Google's health checks come from: the first three for external, the first and the last for internal
 * passthrough load balancers. https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges
 */
const probeRanges = ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22", "130.211.0.0/22"];

/** Of the subnet's range. The first two and the last two are Google's own. */
const places = { loadBalancer: 5, bastion: 6, "control-plane": 10, worker: 20 };

/** Tags that firewall rules aim at, besides the network's name on every host. */
const tags = { "control-plane": "controller", worker: "worker", bastion: "bastion" } as const;

/** @param stack goes into every name */
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

/** How many pods' addresses a host has: 8 bits' worth, as in the thesis. */
const podPrefix = 24;

/** `10.200.0.0/16`, 20 → `10.200.20.0/24` */
function podRangeAt(range: Ipv4Range, place: number): string {
  return `${addressAt(range, place * sizeOf({ prefix: podPrefix }))}/${podPrefix}`;
}
