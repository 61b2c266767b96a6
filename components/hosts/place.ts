import { isIpv4 } from "../addresses/ipv4";
import { isIpv6, normalIpv6 } from "../addresses/ipv6";

/**
 * A label of a host's name. Resolvers accept `_`, which host names exclude.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1123#page-13
 */
const LABEL = /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/**
 * Names of the machine itself: those in Linux distributions' /etc/hosts, and `*.localhost`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6761#section-6.3
 */
const LOOPBACK_NAME = /(^|\.)localhost$|^localhost[46]?\.localdomain[46]?$|^localhost[46]$|^ip6-(localhost|loopback)$/;

/** Whether a text is a host's name or address. A name can't end in a label of digits: clients would take it for an IPv4 address. */
export function isPlace(text: string): boolean {
  if (isIpv4(text) || isIpv6(text)) return true;
  const labels = text.replace(/\.$/, "").split(".");
  return text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1)!);
}

/** The canonical form of a host's name or address, or of the host in a URL. @example "[FD00:0::1]" → "fd00::1" */
export function normalPlace(place: string): string {
  const bare = place
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
  if (isIpv6(bare)) return normalIpv6(bare);
  return LOOPBACK_NAME.test(bare) ? "127.0.0.1" : bare;
}

/**
 * Where the API server of a control plane listens.
 *
 * @param place name or address by which SSH reaches the host
 * @example "10.0.0.4:6443", "[fd00::4]:6443"
 */
export function apiServerAt(place: string): string {
  return `${isIpv6(place) ? `[${place}]` : place}:6443`;
}

/** Whether a name or address means, on each machine, that machine itself. @example "localhost" */
export function isLoopback(place: string): boolean {
  const normal = normalPlace(place);
  return (isIpv4(normal) && /^(127|0)\./.test(normal)) || normal === "::1" || normal === "::";
}
