/** A range of IPv4 addresses in CIDR notation, taken apart. */
export interface Ipv4Range {
  /** As it was written: the range's first address, or any other one in it. */
  readonly address: string;
  /** Number of bits that all its addresses have in common, from 0 to 32. */
  readonly prefix: number;
}

const NUMBER = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const LENGTH = /^\d{1,2}$/;

/** Whether a text is an IPv4 address: four numbers from 0 to 255, without zeros in front. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => NUMBER.test(part));
}

/** @returns the address as one number, from 0 to 2^32 - 1; NaN for what isn't an address */
export function numberOf(address: string): number {
  return isIpv4(address) ? address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : Number.NaN;
}

/** @param number taken modulo 2^32 */
export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** Whether a text is an IPv4 range in CIDR notation. */
export function isIpv4Range(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  return rest.length === 0 && isIpv4(address) && LENGTH.test(length) && Number(length) <= 32;
}

/**
 * @example "10.240.0.0/24"
 * @throws Error where the text isn't a range; the config's schema has refused such texts before
 */
export function parseRange(cidr: string): Ipv4Range {
  if (!isIpv4Range(cidr)) throw new Error(`${cidr} isn't an IPv4 range`);
  const [address = "", length] = cidr.split("/");
  return { address, prefix: Number(length) };
}

/** Number of addresses in a range. */
export function sizeOf({ prefix }: Pick<Ipv4Range, "prefix">): number {
  return 2 ** (32 - prefix);
}

/** `10.240.0.64/24` → `10.240.0.0` */
export function firstAddress(range: Ipv4Range): string {
  return addressOf(firstNumber(range));
}

function firstNumber(range: Ipv4Range): number {
  const number = numberOf(range.address);
  return number - (number % sizeOf(range));
}

/** `10.240.0.0/24`, 10 → `10.240.0.10`: counted from the range's address, and not stopped by its end */
export function addressAt({ address }: Ipv4Range, place: number): string {
  return addressOf(numberOf(address) + place);
}

/** `10.240.0.0/24`, `10.240.0.10` → 10: negative for an address below the range's, NaN for what isn't an address */
export function placeOf(range: Ipv4Range, address: string): number {
  return numberOf(address) - numberOf(range.address);
}

/** Whether an address lies in a range. */
export function contains(range: Ipv4Range, address: string): boolean {
  const place = numberOf(address) - firstNumber(range);
  return place >= 0 && place < sizeOf(range);
}

/** Whether all addresses of a range lie in another one. */
export function covers(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return outer.prefix <= inner.prefix && contains(outer, inner.address);
}

/** Whether two ranges have an address in common: then the larger one covers the other. */
export function overlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return covers(one, other) || covers(other, one);
}
