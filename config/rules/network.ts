import { firstAddress, parseRange } from "../../components/addresses/ipv4";
import { codes, keyOf, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** Lists of the network's settings, which only a closed network reads. */
const lists = ["clientNamespaces", "outsideRanges", "brokerDestinations"] as const;
const key = (...path: (string | number)[]): string => keyOf(["kafka", "security", "network", ...path]);

/** Mistakes of the settings for network policies: clients that none lets in, lists without effect, and ranges. */
export function* networkMistakes({ kafka: { security, outsidePort } }: StackConfig): Mistakes {
  const { network } = security;
  if (network.mode === "open") {
    for (const list of lists.filter((each) => network[each].length > 0)) {
      const message = `has no effect while ${key("mode")} is open; set that to closed, or remove this`;
      yield mistake(codes.openNetwork, key(list), message);
    }
  } else if ((outsidePort ?? security.outsidePort) !== undefined && network.outsideRanges.length === 0) {
    const [name, port] =
      outsidePort === undefined ? ["security.outsidePort", security.outsidePort] : ["outsidePort", outsidePort];
    const message = `has no range, so that nobody could use kafka.${name}, ${port}; list the ranges of your clients' addresses, or 0.0.0.0/0 for all`;
    yield mistake(codes.closedOutside, key("outsideRanges"), message);
  }
  for (const list of ["outsideRanges", "brokerDestinations"] as const) {
    for (const [index, cidr] of network[list].entries()) {
      const range = parseRange(cidr);
      const first = firstAddress(range);
      if (first === range.address) continue;
      const message = `${cidr} doesn't start at ${range.address}; set ${first}/${range.prefix}`;
      yield mistake(codes.rangeStart, key(list, index), message);
    }
  }
}
