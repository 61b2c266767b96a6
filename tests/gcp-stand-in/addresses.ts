import { addressAt, contains, parseRange, sizeOf } from "../../components/addresses/ipv4";
import type { Cloud } from "./cloud";
import { instances } from "./resources/instanceMachines";
import { types } from "./resources/types";

/**
 * A free external address, for a reservation or an instance.
 *
 * @param before address that was just released, which Google rarely assigns again
 */
export function freeExternalAddress(cloud: Cloud, before?: string): string {
  const taken = new Set([
    before,
    ...cloud.ofType(types.address).map(({ filled }) => filled["knownAs"]),
    ...instances(cloud).map(({ externalAddress }) => externalAddress),
  ]);
  const free = cloud.machines.externalAddresses.find((candidate) => !taken.has(candidate));
  if (!free) throw new Error("the stand-in has no external address left");
  return free;
}

/** Internal addresses in use in all subnets, by instances and internal load balancers. */
export function takenAddresses(cloud: Cloud): string[] {
  return cloud.all().flatMap(({ filled }) => (typeof filled["address"] === "string" ? [filled["address"]] : []));
}

/**
 * An address in a subnet.
 *
 * @param wanted the requested address @default the lowest free one
 * @throws Error if the requested address is outside the subnet or in use
 */
export function internalAddress(range: string, wanted: string | undefined, taken: readonly string[]): string {
  const isFree = (candidate: string) => !reservedAddresses(range).includes(candidate) && !taken.includes(candidate);
  if (wanted === undefined) {
    const next = allAddresses(range).find(isFree);
    if (!next) throw new Error(`no address is left in ${range}`);
    return next;
  }
  if (!contains(parseRange(range), wanted)) throw new Error(`${wanted} isn't in the subnet, ${range}`);
  if (!isFree(wanted)) throw new Error(`${wanted} is already in use`);
  return wanted;
}

/** Google reserves the first two and the last two addresses of each subnet. */
function reservedAddresses(range: string): string[] {
  const addresses = allAddresses(range);
  return [...addresses.slice(0, 2), ...addresses.slice(-2)];
}

function allAddresses(cidr: string): string[] {
  const range = parseRange(cidr);
  return Array.from({ length: sizeOf(range) }, (_, place) => addressAt(range, place));
}
