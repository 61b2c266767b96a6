import { isIpv4 } from "../addresses/ipv4";
import { isIpv6, normalIpv6 } from "../addresses/ipv6";

/** A label of a host's name; `_` is none of DNS, but resolvers take it. */
const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** Names that Linux distributions' /etc/hosts give to the machine itself, and all below `localhost` (RFC 6761). */
const LOOPBACK_NAME = /(^|\.)localhost$|^localhost[46]?\.localdomain[46]?$|^localhost[46]$|^ip6-(localhost|loopback)$/;

/** Whether a text names a host, or is its address. With digits alone at the end it would be read as an IPv4 address. */
export function isPlace(text: string): boolean {
  if (isIpv4(text) || isIpv6(text)) return true;
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1)!);
}

/** A host's name or address in the one form that two spellings of it have in common; of a URL's host, too. */
export function normalPlace(place: string): string {
  const bare = place
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  if (isIpv6(bare)) return normalIpv6(bare);
  return LOOPBACK_NAME.test(bare) ? "127.0.0.1" : bare;
}

/** Whether a place is, on each machine, that machine itself. */
export function isLoopback(place: string): boolean {
  const normal = normalPlace(place);
  return (isIpv4(normal) && /^(127|0)\./.test(normal)) || normal === "::1" || normal === "::";
}
