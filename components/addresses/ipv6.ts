import { addressOf } from "./ipv4";

/** An address with or without a zone: `fe80::1%eth0`. @see https://www.rfc-editor.org/rfc/rfc4007#section-11 */
const FORM = /^([0-9a-f:.]+)(%[0-9a-z.:-]+)?$/i;

/** Whether a text is an IPv6 address, with or without a zone. @example "fe80::1%eth0" */
export function isIpv6(text: string): boolean {
  const [, address] = FORM.exec(text) ?? [];
  return address !== undefined && URL.canParse(`http://[${address}]`);
}

/**
 * An IPv6 address in its canonical form; an IPv4-mapped one as the IPv4 address.
 *
 * @example "FD00:0::1" → "fd00::1"
 * @example "::ffff:10.0.0.4" → "10.0.0.4"
 * @see https://www.rfc-editor.org/rfc/rfc5952#section-4
 */
export function normalIpv6(text: string): string {
  const [address = "", zone] = text.split("%", 2);
  const short = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(short) ?? [];
  if (high === undefined || low === undefined) return zone === undefined ? short : `${short}%${zone}`;
  return addressOf(Number.parseInt(high, 16) * 2 ** 16 + Number.parseInt(low, 16));
}
