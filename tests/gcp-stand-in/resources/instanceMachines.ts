import type { Cloud, Item } from "../cloud";
import type { Machine } from "../cloudMachines";
import type { Properties } from "../properties";
import { types } from "./types";

/**
 * Sizes of the machine types that tests use.
 *
 * @see https://cloud.google.com/compute/docs/machine-resource
 */
export const machineTypes = {
  "e2-micro": { cpus: 2, memoryGb: 1 },
  "e2-small": { cpus: 2, memoryGb: 2 },
  "e2-medium": { cpus: 2, memoryGb: 4 },
  "e2-standard-2": { cpus: 2, memoryGb: 8 },
  "e2-standard-4": { cpus: 4, memoryGb: 16 },
  "e2-highmem-2": { cpus: 2, memoryGb: 16 },
} as const;

/** An instance as a machine, with its id, network and tags. */
export interface Instance extends Machine {
  id: string;
  network: string;
  tags: readonly string[];
}

export function instances(cloud: Cloud): Instance[] {
  return cloud.ofType(types.instance).map((item) => asInstance(item, cloud));
}

export function asInstance({ id, inputs, filled }: Item, cloud: Cloud): Instance {
  const [card] = inputs["networkInterfaces"] as Properties[];
  const subnet = cloud.the(types.subnetwork, card!["subnetwork"]);
  return {
    id,
    name: inputs["name"] as string,
    size: machineTypes[inputs["machineType"] as keyof typeof machineTypes],
    address: filled["address"] as string,
    externalAddress: filled["externalAddress"] as string | undefined,
    metadata: (inputs["metadata"] ?? {}) as Record<string, string>,
    network: cloud.the(types.network, subnet.inputs["network"]).id,
    tags: (inputs["tags"] ?? []) as string[],
  };
}
