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
