import { addressOf } from "./ipv4";

/** An address, and behind it the zone, such as a network card's name. */
const FORM = /^([0-9a-f:.]+)(%[0-9a-z.:-]+)?$/i;

/** Whether a text is an IPv6 address, with or without a zone. */
export function isIpv6(text: string): boolean {
  const [, address] = FORM.exec(text) ?? [];
  return address !== undefined && URL.canParse(`http://[${address}]`);
}

/**
 * The one spelling of an IPv6 address, as RFC 5952 has it. An IPv4 address in an IPv6 one becomes the IPv4 address.
 *
 * @example "FD00:0::1" → "fd00::1"
 */
export function normalIpv6(text: string): string {
  const [address = "", zone] = text.split("%", 2);
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return zone === undefined ? short : `${short}%${zone}`;
  return addressOf(Number.parseInt(high, 16) * 2 ** 16 + Number.parseInt(low, 16));
}
