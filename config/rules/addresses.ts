import { contains, firstAddress, isIpv4, overlap, parseRange, sizeOf } from "../../components/addresses/ipv4";
import { containerNetwork } from "../../components/hosts/containerPlan";
import { isLoopback, normalPlace } from "../../components/hosts/place";
import { planVoters } from "../../components/kafka/plan/kafkaPlan";
import type { ListedHost } from "../listedHosts";
import { codes, mistake, type Mistakes } from "../mistakes";
import type { StackConfig } from "../schema/schema";
import { specialUse } from "../specialUse";

type Hosts = readonly ListedHost[];

/** kubeadm's limits: each node gets a /24 of the pods' range, and the range has at most 65,536 such parts. */
const NODE_PREFIX = 24;
const LARGEST_POD_RANGE = 8;
/** kubeadm's limits: the API server keeps a map of service addresses, and DNS has the tenth of them. */
const LARGEST_SERVICE_RANGE = 12;
const SMALLEST_SERVICE_RANGE = 28;
/** Every IPv4 host accepts packets of this size (RFC 791). */
const LEAST_MTU = 576;

/**
 * Mistakes of addresses, ranges and the API server's name.
 *
 * @param listed the hosts that are not lost
 * @see kubeadm's ValidatePodSubnetNodeMask and ValidateServiceSubnetSize
 */
export function* addressMistakes(config: StackConfig, listed: Hosts): Mistakes {
  yield* checkNames(listed);
  yield* checkHosts(config, listed);
  yield* checkForm(config);
  yield* checkPodRange(config, listed);
  yield* checkServiceRange(config);
  yield* checkRanges(config, listed);
  yield* checkEndpoint(config, listed);
  yield* checkMtu(config);
}

/** A host's /etc/hosts maps its name to its address, but maps this name to the loopback address already. */
function* checkNames(listed: Hosts): Mistakes {
  for (const { key, name } of listed) {
    if (!isLoopback(name)) continue;
    const message = `${name} is each machine itself; set a name that this host alone has`;
    yield mistake(codes.hostNamedLocalhost, `${key}.name`, message);
  }
}

/** Other rules check containers and hosts on Google Cloud, whose addresses are in networks that the stack makes. */
function* checkHosts({ hosts: { existing } }: StackConfig, listed: Hosts): Mistakes {
  for (const { key, address } of existing ? listed : []) {
    const use = specialUse({ address, prefix: 32 });
    if (!use) continue;
    const message = `${address} is ${use}; set the address at which the other hosts reach this one`;
    yield mistake(codes.specialAddress, `${key}.address`, message);
  }
}

/** Calico accepts a range only if it starts at its first address, and special-purpose addresses reach no pod. */
function* checkForm({ kubernetes, hosts }: StackConfig): Mistakes {
  const ranges: [string, string | undefined][] = [
    ["kubernetes.podCidr", kubernetes.podCidr],
    ["kubernetes.serviceCidr", kubernetes.serviceCidr],
    ["hosts.gcp.network.range", hosts.gcp?.network.range],
  ];
  for (const [key, cidr] of ranges) {
    if (cidr === undefined) continue;
    const range = parseRange(cidr);
    const first = firstAddress(range);
    if (first !== range.address && key.startsWith("kubernetes.")) {
      const message = `${cidr} doesn't start at ${range.address}; set ${first}/${range.prefix}`;
      yield mistake(codes.rangeStart, key, message);
    }
    const use = specialUse(range);
    if (use) {
      const message = `${cidr} has addresses that are ${use}; set a private range, such as 10.244.0.0/16`;
      yield mistake(codes.specialRange, key, message);
    }
  }
}

function* checkPodRange({ kubernetes: { podCidr } }: StackConfig, listed: Hosts): Mistakes {
  const { prefix } = parseRange(podCidr);
  const [code, key] = [codes.podRangeSize, "kubernetes.podCidr"] as const;
  const room = 2 ** (NODE_PREFIX - prefix);
  if (prefix < LARGEST_POD_RANGE || prefix > NODE_PREFIX) {
    const message = `${podCidr} must be from /${LARGEST_POD_RANGE} to /${NODE_PREFIX}: kubeadm gives each host a /${NODE_PREFIX} of it, at most 65,536 in all`;
    yield mistake(code, key, message);
  } else if (listed.length > room) {
    const needed = NODE_PREFIX - Math.ceil(Math.log2(listed.length));
    const message = `${podCidr} has room for ${room} hosts, a /${NODE_PREFIX} each, and ${listed.length} are listed; set a /${needed} or larger`;
    yield mistake(code, key, message);
  }
}

/** Counts service addresses: the API server's, DNS', the brokers' common one, and two per broker. */
function* checkServiceRange({ kubernetes: { serviceCidr }, kafka }: StackConfig): Mistakes {
  const { prefix } = parseRange(serviceCidr);
  const [code, key] = [codes.serviceRangeSize, "kubernetes.serviceCidr"] as const;
  const room = sizeOf({ prefix }) - 2;
  const { brokers, controllers, outsidePort } = kafka;
  const voters = controllers?.count ?? planVoters(brokers).length;
  // Kubernetes' API and DNS, Kafka's bootstrap; one or two per broker, for inside and outside; one per voter.
  const services = 3 + brokers * (outsidePort === undefined ? 1 : 2) + voters;
  if (prefix < LARGEST_SERVICE_RANGE || prefix > SMALLEST_SERVICE_RANGE) {
    const message = `${serviceCidr} must be from /${LARGEST_SERVICE_RANGE} to /${SMALLEST_SERVICE_RANGE}, kubeadm's limits`;
    yield mistake(code, key, message);
  } else if (services > room) {
    const message = `${serviceCidr} has room for ${room} services, and Kubernetes with kafka.brokers, ${brokers}, may have ${services}; set a /24 or larger`;
    yield mistake(code, key, message);
  }
}

function* checkRanges({ kubernetes, hosts, artifacts }: StackConfig, listed: Hosts): Mistakes {
  const { podCidr, serviceCidr } = kubernetes;
  const network = hosts.gcp ? hosts.gcp.network.range : hosts.containers && containerNetwork.subnet;
  const mirror = artifacts.mirror === undefined ? undefined : new URL(artifacts.mirror).hostname;
  if (overlap(parseRange(podCidr), parseRange(serviceCidr))) {
    const message = `${podCidr} overlaps kubernetes.serviceCidr, ${serviceCidr}; set ranges that share no address`;
    yield mistake(codes.rangesOverlap, "kubernetes.podCidr", message);
  }
  for (const [key, cidr] of Object.entries({ podCidr, serviceCidr })) {
    const range = parseRange(cidr);
    const inside = listed.find(({ address }) => contains(range, address));
    if (network && overlap(range, parseRange(network))) {
      const message = `${cidr} overlaps the hosts' network, ${network}; set a range that shares no address with it`;
      yield mistake(codes.rangeInHostsNetwork, `kubernetes.${key}`, message);
    } else if (inside) {
      const message = `${cidr} contains ${inside.address}, the address of ${inside.key} ("${inside.name}"); set a range outside the hosts' network`;
      yield mistake(codes.rangeHasHost, `kubernetes.${key}`, message);
    } else if (mirror !== undefined && isIpv4(mirror) && contains(range, mirror)) {
      const message = `${cidr} contains ${mirror}, the address of artifacts.mirror; set a range that it isn't in`;
      yield mistake(codes.rangeHasHost, `kubernetes.${key}`, message);
    }
  }
}

function* checkEndpoint({ kubernetes: { endpoint }, artifacts: { mirror } }: StackConfig, listed: Hosts): Mistakes {
  const [code, key] = [codes.endpointTaken, "kubernetes.endpoint"] as const;
  const another = "set a name that nothing else has, such as api.example.internal";
  const host = listed.find(({ name }) => name === endpoint);
  if (isLoopback(endpoint)) {
    yield mistake(code, key, `${endpoint} is each host itself; ${another}`);
  } else if (host) {
    yield mistake(code, key, `${endpoint} is also the name of ${host.key}; ${another}`);
  } else if (mirror !== undefined && normalPlace(new URL(mirror).hostname) === endpoint) {
    yield mistake(code, key, `${endpoint} is also the host of artifacts.mirror, which no host would reach; ${another}`);
  }
}

function* checkMtu({ network: { mtu } }: StackConfig): Mistakes {
  if (mtu === 0 || mtu >= LEAST_MTU) return;
  const message = `${mtu} is less than what every network carries; set 0, which finds it out, or from ${LEAST_MTU} to 9000`;
  yield mistake(codes.tinyMtu, "network.mtu", message);
}
