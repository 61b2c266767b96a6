import { addressAt, parseRange, placeOf } from "../addresses/ipv4";
import type { NodeSettings, Role } from "./nodeSettings";

/** A host in a container on the machine where Pulumi runs. */
export interface ContainerHostArgs extends NodeSettings {
  /** Hostname and node name: a DNS label. */
  name: string;
  role: Role;
  /** IPv4 address in the hosts' network. @default 172.30.0.10 plus the host's index in the list */
  address?: string | undefined;
  /** Memory limit, with Docker's units. @default no limit @example "3g" */
  memory?: string | undefined;
  /** CPU limit, in cores. @default no limit */
  cpus?: number | undefined;
}

/** The Docker network of container hosts and of the mirror. */
export const containerNetwork = { name: "kubeadm-kafka", subnet: "172.30.0.0/24" } as const;

const range = parseRange(containerNetwork.subnet);

/** An address in that network. The gateway has place 1, the mirror 2. @example 10 → "172.30.0.10" */
export function containerAddress(place: number): string {
  return addressAt(range, place);
}

/** Names of the resources beside the containers, which are named after their hosts. */
export const containerResources: Readonly<Record<"network" | "key", string>> = {
  network: "hosts-network",
  key: "hosts-ssh-key",
};

/** A container's limits in words; undefined where it has none. @example "2 CPUs, 3g memory" */
export function sizeOf({ memory, cpus }: Pick<ContainerHostArgs, "memory" | "cpus">): string | undefined {
  if (memory === undefined && cpus === undefined) return undefined;
  return `${cpus ?? "all"} CPUs, ${memory ?? "all"} memory`;
}

/** A container before it exists. */
export interface ContainerPlan {
  container: string;
  address: string;
  /** Ports on loopback. They follow from the address's last number, so that no two hosts of the network share one. */
  sshPort: number;
  apiPort: number;
}

export function planContainer(stack: string, host: ContainerHostArgs, index: number): ContainerPlan {
  const address = host.address ?? containerAddress(10 + index);
  const number = placeOf(range, address);
  return { container: `${stack}-${host.name}`, address, sshPort: 22000 + number, apiPort: 16000 + number };
}
