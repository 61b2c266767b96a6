import { join } from "node:path";

import type { PodNetworkNeeds } from "../cluster/steps/podNetworkPlan";
import { type KubernetesObject, readManifest } from "../manifest";

/** How Calico is set up. */
export interface CalicoSettings {
  /**
   * How packets between pods cross the hosts' network. `VXLAN` works on any network. `VXLANCrossSubnet` encapsulates only packets
   * to another subnet. `IPIP` adds fewer bytes, but many clouds drop it. `None` needs a network that routes pods' addresses.
   *
   * @default "VXLAN"
   * @see https://docs.tigera.io/calico/latest/networking/configuring/vxlan-ipip
   */
  encapsulation: "VXLAN" | "VXLANCrossSubnet" | "IPIP" | "None";
  /** MTU of pods' interfaces and tunnels, in bytes. @default 0: Calico derives it from the hosts' interfaces */
  mtu: number;
  /** IPv4 range of pods, as a CIDR. Calico reads it only at its first start. @example "10.244.0.0/16" */
  podCidr: string;
  /** The range that the hosts' network routes to each node, whose pods get addresses of that range only. Empty: no such routes. */
  routed: readonly { node: string; range: string }[];
}

/** Backend and environment of calico-node for each encapsulation. VXLAN needs no BGP, and therefore no BIRD. */
const encapsulations = {
  VXLAN: { backend: "vxlan", vxlan: "Always", ipip: "Never" },
  VXLANCrossSubnet: { backend: "vxlan", vxlan: "CrossSubnet", ipip: "Never" },
  IPIP: { backend: "bird", vxlan: "Never", ipip: "Always" },
  None: { backend: "bird", vxlan: "Never", ipip: "Never" },
} as const;

/** Where the hosts' network has the routes, nodes needn't exchange any. */
const byTheNetwork = { backend: "none", vxlan: "Never", ipip: "Never" } as const;

/**
 * What Calico needs of every host.
 *
 * @see https://docs.tigera.io/calico/latest/getting-started/kubernetes/requirements
 */
export function calicoNeeds({
  encapsulation,
  mtu,
  routed,
}: Pick<CalicoSettings, "encapsulation" | "mtu" | "routed">): PodNetworkNeeds {
  const { backend, vxlan, ipip } = routed.length > 0 ? byTheNetwork : encapsulations[encapsulation];
  return {
    module: vxlan !== "Never" ? "vxlan" : ipip !== "Never" ? "ipip" : undefined,
    ports: [...{ vxlan: ["udp 4789"], bird: ["tcp 179"], none: [] }[backend], ...(ipip === "Never" ? [] : ["ipip"])],
    mtu,
  };
}

/**
 * Upstream's manifest with the settings filled in: manifests/calico.yaml of the release that versions.ts names (Apache-2.0).
 *
 * @throws Error where the manifest is another release's
 * @see https://docs.tigera.io/calico/latest/reference/configure-calico-node for the environment of calico-node
 */
export function calicoManifest(settings: CalicoSettings): KubernetesObject[] {
  const routed = settings.routed.length > 0;
  const { backend, vxlan, ipip } = routed ? byTheNetwork : encapsulations[settings.encapsulation];
  const objects = readManifest(join(__dirname, "manifests", "calico.yaml"));

  const config = find<{ data: Record<string, string> }>(objects, "ConfigMap", "calico-config");
  config.data["calico_backend"] = backend;
  config.data["veth_mtu"] = String(settings.mtu);

  // pod-network.sh lists nodes with the kubeconfig that the plugin has on each host.
  const plugin = find<ClusterRole>(objects, "ClusterRole", "calico-cni-plugin");
  plugin.rules.push({ apiGroups: [""], resources: ["nodes"], verbs: ["list"] });

  const node = find<DaemonSet>(objects, "DaemonSet", "calico-node");
  // Agents read the MTU when they start, and only a changed template restarts them.
  if (settings.mtu !== 0) {
    const { metadata } = node.spec.template;
    metadata.annotations = { ...metadata.annotations, "kubeadm-kafka/mtu": String(settings.mtu) };
  }
  const container = node.spec.template.spec.containers.find(({ name }) => name === "calico-node")!;
  setEnvironment(container, {
    CLUSTER_TYPE: backend === "bird" ? "k8s,bgp" : "k8s",
    // The kubelet's address. Calico's default, the first card's, may be the same on every host, as behind VirtualBox's NAT.
    IP_AUTODETECTION_METHOD: "kubernetes-internal-ip",
    ...(routed ? { NO_DEFAULT_POOLS: "true" } : { CALICO_IPV4POOL_CIDR: settings.podCidr }),
    CALICO_IPV4POOL_VXLAN: vxlan,
    CALICO_IPV4POOL_IPIP: ipip,
  });
  if (backend === "bird") {
    // The agent is ready only once BGP works between nodes. Where a host drops BGP, pod-network.sh, which runs next, says so.
    node.metadata["annotations"] = { "pulumi.com/skipAwait": "true" };
  } else {
    for (const probe of [container.livenessProbe, container.readinessProbe]) {
      probe.exec.command = probe.exec.command.filter((argument) => !argument.startsWith("-bird"));
    }
  }
  // Everything else waits for the network, so its readiness must show at once and not up to ten seconds later.
  container.readinessProbe.periodSeconds = 2;
  return [...objects, ...settings.routed.map(poolOf)];
}

/** A pool from which one node alone takes addresses. @see https://docs.tigera.io/calico/latest/reference/resources/ippool */
function poolOf({ node, range }: CalicoSettings["routed"][number]): KubernetesObject {
  return {
    apiVersion: "crd.projectcalico.org/v1",
    kind: "IPPool",
    metadata: { name: node },
    spec: {
      cidr: range,
      blockSize: 26,
      nodeSelector: `kubernetes.io/hostname == "${node}"`,
      vxlanMode: "Never",
      ipipMode: "Never",
      natOutgoing: true,
      allowedUses: ["Workload", "Tunnel"],
    },
  };
}

interface ClusterRole {
  rules: { apiGroups: string[]; resources: string[]; verbs: string[] }[];
}

interface DaemonSet {
  spec: { template: { metadata: { annotations?: Record<string, string> }; spec: { containers: Container[] } } };
}

interface Container {
  name: string;
  env: { name: string; value?: string }[];
  livenessProbe: Probe;
  readinessProbe: Probe;
}

interface Probe {
  exec: { command: string[] };
  periodSeconds: number;
}

function find<T>(objects: KubernetesObject[], kind: string, name: string): KubernetesObject & T {
  const object = objects.find((candidate) => candidate.kind === kind && candidate.metadata.name === name);
  if (!object)
    throw new Error(
      `Calico's manifest has no ${kind} ${name}: it isn't the release that calicoManifest was written for`,
    );
  return object as KubernetesObject & T;
}

function setEnvironment(container: Container, values: Record<string, string>): void {
  container.env = [
    ...container.env.filter(({ name }) => !(name in values)),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}
