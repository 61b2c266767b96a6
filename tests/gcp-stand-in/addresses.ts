import { addressAt, contains, parseRange, sizeOf } from "../../components/addresses/ipv4";
import type { Cloud } from "./cloud";
import { instances } from "./resources/instances";
import { types } from "./resources/types";

/** An external address that nobody has, reserved or not; as with Google, seldom the one that was just given back. */
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

/** Of all subnets: of instances and of load balancers inside. */
export function takenAddresses(cloud: Cloud): string[] {
  return cloud.all().flatMap(({ filled }) => (typeof filled["address"] === "string" ? [filled["address"]] : []));
}

/** The address asked for in a subnet, or the next one that nobody has. */
export function internalAddress(range: string, wanted: string | undefined, taken: readonly string[]): string {
  const free = (candidate: string) => !reservedAddresses(range).includes(candidate) && !taken.includes(candidate);
  if (wanted === undefined) {
    const next = allAddresses(range).find(free);
    if (!next) throw new Error(`no address is left in ${range}`);
    return next;
  }
  if (!contains(parseRange(range), wanted)) throw new Error(`${wanted} isn't in the subnet, ${range}`);
  if (!free(wanted)) throw new Error(`${wanted} is already in use`);
  return wanted;
}

/** The first two and the last two of a subnet's addresses are Google's own. */
function reservedAddresses(range: string): string[] {
  const addresses = allAddresses(range);
  return [...addresses.slice(0, 2), ...addresses.slice(-2)];
}

function allAddresses(cidr: string): string[] {
  const range = parseRange(cidr);
  return Array.from({ length: sizeOf(range) }, (_, place) => addressAt(range, place));
}
