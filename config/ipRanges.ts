import { BlockList, isIPv4 } from "node:net";

/** An IPv4 range in CIDR notation, taken apart. */
export interface IpRange {
  address: string;
  prefix: number;
}

/** @returns undefined for what isn't an IPv4 range in CIDR notation */
export function parseRange(cidr: string): IpRange | undefined {
  const [address = "", length = "", ...rest] = cidr.split("/");
  const prefix = Number(length);
  const valid = rest.length === 0 && isIPv4(address) && /^\d{1,2}$/.test(length) && prefix <= 32;
  return valid ? { address, prefix } : undefined;
}

/** Whether an address lies in a range. */
export function contains(range: IpRange, address: string): boolean {
  const block = new BlockList();
  block.addSubnet(range.address, range.prefix, "ipv4");
  return block.check(address, "ipv4");
}

/** Whether two ranges have an address in common: then one contains the other's start. */
export function overlap(a: IpRange, b: IpRange): boolean {
  return contains(a, b.address) || contains(b, a.address);
}

/** `10.240.0.64/24` → `10.240.0.0` */
export function firstAddress({ address, prefix }: IpRange): string {
  const number = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const first = number - (number % 2 ** (32 - prefix));
  return [24, 16, 8, 0].map((bits) => Math.floor(first / 2 ** bits) % 256).join(".");
}

const SPECIAL: readonly (IpRange & { readonly use: string })[] = [
  { address: "0.0.0.0", prefix: 8, use: "no host's (0.0.0.0/8)" },
  { address: "127.0.0.0", prefix: 8, use: "each machine's own loopback (127.0.0.0/8)" },
  { address: "169.254.0.0", prefix: 16, use: "link-local (169.254.0.0/16)" },
  { address: "224.0.0.0", prefix: 4, use: "for multicast (224.0.0.0/4)" },
  { address: "240.0.0.0", prefix: 4, use: "reserved (240.0.0.0/4)" },
];

/**
 * What the addresses of a range, or some of them, are for where that isn't hosts; undefined where all are for hosts.
 *
 * @see RFC 6890, Special-Purpose IP Address Registries
 */
export function specialUse(range: IpRange): string | undefined {
  return SPECIAL.find((each) => overlap(each, range))?.use;
}
