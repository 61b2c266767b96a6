import { createHash } from "node:crypto";

import type { NodeSettings, Role } from "../components/hosts/nodeSettings";

/** The properties of a host that matter to its pods. */
export interface Ground extends NodeSettings {
  readonly name: string;
  readonly role: Role;
  readonly lost?: boolean | undefined;
  readonly address: string;
  /** CPU and memory of its machine; undefined if the stack doesn't set them. */
  readonly size?: string | undefined;
  /** Changes when another machine has the host's name. */
  readonly hostKey: string;
}

export interface Foundation {
  readonly hosts: readonly Ground[];
  readonly scheduleOnControlPlane: boolean;
  /** Manifests of the pods' network and of the storage. */
  readonly network: unknown;
  readonly storage: unknown;
  /** The clients that may connect to a closed Kafka. @default open: no part of the digest */
  readonly clients?: unknown;
}

/**
 * A digest of everything that Kafka depends on and that can harm it without a change of Kafka itself. It ignores the order of hosts,
 * and lost hosts.
 *
 * @returns a digest per part, which shows what has changed
 * @example "hosts 1a2b3c4d, network 5e6f7a8b, storage 9c0d1e2f"
 */
export function standsOn({ hosts, scheduleOnControlPlane, network, storage, clients }: Foundation): string {
  const grounds = hosts
    .filter(({ lost }) => !lost)
    .map(({ name, role, address, hostKey, size, labels = {}, taints = [], kubelet = {} }) => {
      const properties = [name, role, address, hostKey, sorted(labels), [...taints].sort(), sorted(kubelet)];
      return JSON.stringify(size === undefined ? properties : [...properties, size]);
    });
  const parts = {
    hosts: [scheduleOnControlPlane, ...grounds.sort()],
    network,
    storage,
    ...(clients !== undefined && { clients }),
  };
  return Object.entries(parts)
    .map(([name, part]) => `${name} ${digest(part)}`)
    .join(", ");
}

function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 8);
}

function sorted(values: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));
}
