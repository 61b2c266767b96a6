import { covers, firstAddress, parseRange } from "../../components/addresses/ipv4";
import { codes, keyOf, mistake, type Mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** Lists of the network's settings, which only a closed network reads. */
const lists = ["clientNamespaces", "outsideRanges", "brokerDestinations"] as const;
const ranges = ["outsideRanges", "brokerDestinations"] as const;
/** Kafka's namespace. */
const KAFKA = "kafka";

const key = (...path: (string | number)[]): string => keyOf(["kafka", "security", "network", ...path]);
const withoutEffect = (where: string, message: string): Mistake =>
  mistake(codes.networkWithoutEffect, where, `has no effect${message}`);

/** Mistakes of the settings for network policies: clients that none lets in, lists and values without effect, and ranges. */
export function* networkMistakes(config: StackConfig): Mistakes {
  const { network } = config.kafka.security;
  if (network.mode === "open") {
    for (const list of lists.filter((each) => network[each].length > 0))
      yield withoutEffect(key(list), ` while ${key("mode")} is open; set that to closed, or remove this`);
  } else {
    yield* checkPort(config);
    yield* checkMatches(config);
  }
  for (const list of ranges) {
    for (const [index, cidr] of network[list].entries()) {
      const range = parseRange(cidr);
      const first = firstAddress(range);
      if (first === range.address) continue;
      const message = `${cidr} doesn't start at ${range.address}; set ${first}/${range.prefix}`;
      yield mistake(codes.rangeStart, key(list, index), message);
    }
  }
}

/** Clients outside need a port, and a port needs clients. */
function* checkPort({ kafka: { security, outsidePort } }: StackConfig): Mistakes {
  const { outsideRanges } = security.network;
  const [name, port] =
    outsidePort === undefined ? ["security.outsidePort", security.outsidePort] : ["outsidePort", outsidePort];
  if (port !== undefined && outsideRanges.length === 0) {
    const message = `has no range, so that nobody could use kafka.${name}, ${port}; list the ranges of your clients' addresses, or 0.0.0.0/0 for all`;
    yield mistake(codes.closedOutside, key("outsideRanges"), message);
  } else if (port === undefined && outsideRanges.length > 0) {
    const message = " without kafka.outsidePort, which is all that these clients may use; set that, or remove this";
    yield withoutEffect(key("outsideRanges"), message);
  }
}

/** No policy for Kafka's clients opens what Kafka's namespace denies its pods, and none sees the address of a Service. */
function* checkMatches({ kafka: { security }, kubernetes }: StackConfig): Mistakes {
  const { network } = security;
  const own = network.clientNamespaces.indexOf(KAFKA);
  if (own >= 0) {
    const message = `: ${KAFKA} is Kafka's own namespace, whose other pods can connect to nothing; run clients in another`;
    yield withoutEffect(key("clientNamespaces", own), message);
  }
  for (const list of ranges) {
    for (const [index, cidr] of network[list].entries()) {
      if (!covers(parseRange(kubernetes.serviceCidr), parseRange(cidr))) continue;
      const message = `: ${cidr} is in kubernetes.serviceCidr, but policies see the addresses of the pods behind Services; set those`;
      yield withoutEffect(key(list, index), message);
    }
  }
}
