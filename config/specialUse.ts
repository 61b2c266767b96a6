import { type Ipv4Range, overlap, parseRange } from "../components/addresses/ipv4";

const SPECIAL: readonly { readonly range: Ipv4Range; readonly use: string }[] = [
  { range: parseRange("0.0.0.0/8"), use: "no host's (0.0.0.0/8)" },
  { range: parseRange("127.0.0.0/8"), use: "each machine's own loopback (127.0.0.0/8)" },
  { range: parseRange("169.254.0.0/16"), use: "link-local (169.254.0.0/16)" },
  { range: parseRange("224.0.0.0/4"), use: "for multicast (224.0.0.0/4)" },
  { range: parseRange("240.0.0.0/4"), use: "reserved (240.0.0.0/4)" },
];

/**
 * What some addresses of a range are reserved for; undefined if all of them are for hosts.
 *
 * @see RFC 6890, Special-Purpose IP Address Registries
 */
export function specialUse(range: Ipv4Range): string | undefined {
  return SPECIAL.find((each) => overlap(each.range, range))?.use;
}
