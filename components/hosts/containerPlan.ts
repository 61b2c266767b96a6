import { addressAt, parseRange, placeOf } from "../addresses/ipv4";
import type { NodeSettings, Role } from "./nodeSettings";

/** A host that is to be a container on the machine where Pulumi runs. */
export interface ContainerHostArgs extends NodeSettings {
  /** Hostname and node name: a DNS label. */
  name: string;
  role: Role;
  /** IPv4 address in the hosts' network. @default the next one from 172.30.0.10 on, by the host's place in the list */
  address?: string | undefined;
  /** Memory limit as Docker takes it, for instance `3g`. @default no limit */
  memory?: string | undefined;
  /** CPU limit, in cores. @default no limit */
  cpus?: number | undefined;
}

/** The Docker network that container hosts share with a mirror. */
export const containerNetwork = { name: "kubeadm-kafka", subnet: "172.30.0.0/24" } as const;

const range = parseRange(containerNetwork.subnet);

/** An address in that network, by its place: the gateway has the first, the mirror the second one. */
export function containerAddress(place: number): string {
  return addressAt(range, place);
}

/** Names of the resources beside the containers' own, which have the hosts' names. */
export const containerResources: Readonly<Record<"network" | "key", string>> = {
  network: "hosts-network",
  key: "hosts-ssh-key",
};

/** Its limits, in words that change with them; undefined where it has none. */
export function sizeOf({ memory, cpus }: Pick<ContainerHostArgs, "memory" | "cpus">): string | undefined {
  if (memory === undefined && cpus === undefined) return undefined;
  return `${cpus ?? "all"} CPUs, ${memory ?? "all"} memory`;
}

/** What is decided about a container before there is one. */
export interface ContainerPlan {
  container: string;
  address: string;
  /** Ports on loopback, derived from the address's last number so that no two hosts on the network share one. */
  sshPort: number;
  apiPort: number;
}

export function planContainer(stack: string, host: ContainerHostArgs, index: number): ContainerPlan {
  const address = host.address ?? containerAddress(10 + index);
  const number = placeOf(range, address);
  return { container: `${stack}-${host.name}`, address, sshPort: 22000 + number, apiPort: 16000 + number };
}
