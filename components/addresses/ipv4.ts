/** A range of IPv4 addresses: CIDR notation in parts. @see https://www.rfc-editor.org/rfc/rfc4632#section-3.1 */
export interface Ipv4Range {
  /** The address in front of the slash. It may be any address of the range. @example "10.240.0.0" */
  readonly address: string;
  /** Number of bits that all addresses of the range share, from 0 to 32. @example 24 */
  readonly prefix: number;
}

const NUMBER = /^(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)$/;
const LENGTH = /^(3[0-2]|[12]?\d)$/;

/** Whether a text is an IPv4 address: four numbers from 0 to 255 without leading zeros. @example "10.240.0.10" */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => NUMBER.test(part));
}

/** An address as one number, from 0 to 2^32 - 1; NaN where the text isn't an address. @example "0.0.1.2" → 258 */
export function numberOf(address: string): number {
  return isIpv4(address) ? address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0) : Number.NaN;
}

/** The address of a number, taken modulo 2^32. @example 258 → "0.0.1.2" */
export function addressOf(number: number): string {
  return [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");
}

/** Whether a text is an IPv4 range in CIDR notation. @example "10.240.0.0/24" */
export function isIpv4Range(text: string): boolean {
  const [address = "", length = "", ...rest] = text.split("/");
  return rest.length === 0 && isIpv4(address) && LENGTH.test(length);
}

/**
 * Parses a range in CIDR notation.
 *
 * @example "10.240.0.0/24" → { address: "10.240.0.0", prefix: 24 }
 * @throws Error where the text isn't a range. Ranges of the config are: its schema has checked them.
 */
export function parseRange(cidr: string): Ipv4Range {
  if (!isIpv4Range(cidr)) throw new Error(`${cidr} isn't an IPv4 range`);
  const [address = "", length] = cidr.split("/");
  return { address, prefix: Number(length) };
}

/** Number of addresses in a range. @example { prefix: 24 } → 256 */
export function sizeOf({ prefix }: Pick<Ipv4Range, "prefix">): number {
  return 2 ** (32 - prefix);
}

/** The lowest address of a range. @example `10.240.0.64/24` → `10.240.0.0` */
export function firstAddress(range: Ipv4Range): string {
  return addressOf(firstNumber(range));
}

function firstNumber(range: Ipv4Range): number {
  const number = numberOf(range.address);
  return number - (number % sizeOf(range));
}

/** The address at a distance from the range's, which may lie beyond the range. @example `10.240.0.0/24`, 10 → `10.240.0.10` */
export function addressAt({ address }: Ipv4Range, place: number): string {
  return addressOf(numberOf(address) + place);
}

/**
 * Distance of an address from the range's: negative below it, NaN where the text isn't an address.
 *
 * @example `10.240.0.0/24`, `10.240.0.10` → 10
 */
export function placeOf(range: Ipv4Range, address: string): number {
  return numberOf(address) - numberOf(range.address);
}

/** Whether an address lies in a range. */
export function contains(range: Ipv4Range, address: string): boolean {
  const place = numberOf(address) - firstNumber(range);
  return place >= 0 && place < sizeOf(range);
}

/** Whether the outer range contains all addresses of the inner one. */
export function covers(outer: Ipv4Range, inner: Ipv4Range): boolean {
  return outer.prefix <= inner.prefix && contains(outer, inner.address);
}

/** Whether two ranges have an address in common. If so, one covers the other. */
export function overlap(one: Ipv4Range, other: Ipv4Range): boolean {
  return covers(one, other) || covers(other, one);
}
