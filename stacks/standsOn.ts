import { createHash } from "node:crypto";

import type { NodeSettings, Role } from "../components/hosts/nodeSettings";

/** A host as far as pods on it notice it. */
export interface Ground extends NodeSettings {
  readonly name: string;
  readonly role: Role;
  readonly lost?: boolean | undefined;
  readonly address: string;
  /** CPU and memory of its machine, where the stack sizes it. */
  readonly size?: string | undefined;
  /** Tells its machine from another one of the same name. */
  readonly hostKey: string;
}

export interface Foundation {
  readonly hosts: readonly Ground[];
  readonly scheduleOnControlPlane: boolean;
  /** Manifests of what pods' packets and volumes depend on. */
  readonly network: unknown;
  readonly storage: unknown;
}

/**
 * What Kafka stands on, in words that change with it: whatever can harm Kafka without a change of Kafka itself. The order of the
 * hosts is no part of it, nor is a lost host, which is gone.
 *
 * @returns `hosts 1a2b3c4d, network …, storage …`, which says where the change was
 */
export function standsOn({ hosts, scheduleOnControlPlane, network, storage }: Foundation): string {
  const grounds = hosts
    .filter(({ lost }) => !lost)
    .map(({ name, role, address, hostKey, size, labels = {}, taints = [], kubelet = {} }) => {
      const properties = [name, role, address, hostKey, sorted(labels), [...taints].sort(), sorted(kubelet)];
      return JSON.stringify(size === undefined ? properties : [...properties, size]);
    });
  const parts = { hosts: [scheduleOnControlPlane, ...grounds.sort()], network, storage };
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
