import { containerNetwork } from "../../components/hosts/containerPlan";
import { isLoopback, normalPlace } from "../../components/hosts/place";
import { planVoters } from "../../components/kafka/plan";
import { contains, firstAddress, overlap, parseRange, specialUse } from "../ipRanges";
import type { ListedHost } from "../listedHosts";
import { codes, type Mistake } from "../mistakes";
import type { StackConfig } from "../schema/schema";

/** kubeadm's: each node's part of the pods' range is a /24, and the range at most 65,536 such parts. */
const NODE_PREFIX = 24;
const LARGEST_POD_RANGE = 8;
/** kubeadm's: the API server keeps a map of service addresses, and DNS is at the tenth of them. */
const LARGEST_SERVICE_RANGE = 12;
const SMALLEST_SERVICE_RANGE = 28;
/** Every IPv4 host takes packets of this size (RFC 791). */
const LEAST_MTU = 576;

/**
 * What is wrong with addresses, ranges and the API server's name.
 *
 * @param listed the hosts that are not lost
 * @see kubeadm's ValidatePodSubnetNodeMask and ValidateServiceSubnetSize
 */
export function addressMistakes(config: StackConfig, listed: readonly ListedHost[]): Mistake[] {
  return [
    ...checkNames(listed),
    ...checkHosts(config, listed),
    ...checkForm(config),
    ...checkPodRange(config, listed),
    ...checkServiceRange(config),
    ...checkRanges(config, listed),
    ...checkEndpoint(config, listed),
    ...checkMtu(config),
  ];
}

/** A host's name stands for its address in its /etc/hosts, where this one already stands for the loopback. */
function checkNames(listed: readonly ListedHost[]): Mistake[] {
  return listed
    .filter(({ name }) => isLoopback(name))
    .map(({ key, name }) => {
      const message = `${name} is each machine itself; set a name that this host alone has`;
      return { code: codes.hostNamedLocalhost, key: `${key}.name`, message };
    });
}

/** Containers' and Google's hosts have addresses of their own networks, which other rules check. */
function checkHosts({ hosts }: StackConfig, listed: readonly ListedHost[]): Mistake[] {
  if (!hosts.existing) return [];
  return listed.flatMap(({ key, address }) => {
    const use = specialUse({ address, prefix: 32 });
    if (!use) return [];
    const message = `${address} is ${use}; set the address at which the other hosts reach this one`;
    return [{ code: codes.specialAddress, key: `${key}.address`, message }];
  });
}

/** Calico takes a range only from its first address on, and nothing takes addresses that aren't for hosts. */
function checkForm({ kubernetes, hosts }: StackConfig): Mistake[] {
  const ranges: [string, string | undefined][] = [
    ["kubernetes.podCidr", kubernetes.podCidr],
    ["kubernetes.serviceCidr", kubernetes.serviceCidr],
    ["hosts.gcp.network.range", hosts.gcp?.network.range],
  ];
  return ranges.flatMap(([key, cidr]) => {
    if (cidr === undefined) return [];
    const range = parseRange(cidr)!;
    const mistakes: Mistake[] = [];
    const first = firstAddress(range);
    if (first !== range.address && key.startsWith("kubernetes.")) {
      const message = `${cidr} doesn't start at ${range.address}; set ${first}/${range.prefix}`;
      mistakes.push({ code: codes.rangeStart, key, message });
    }
    const use = specialUse(range);
    if (use) {
      const message = `${cidr} has addresses that are ${use}; set a private range, such as 10.244.0.0/16`;
      mistakes.push({ code: codes.specialRange, key, message });
    }
    return mistakes;
  });
}

function checkPodRange({ kubernetes: { podCidr } }: StackConfig, listed: readonly ListedHost[]): Mistake[] {
  const { prefix } = parseRange(podCidr)!;
  const [code, key] = [codes.podRangeSize, "kubernetes.podCidr"] as const;
  if (prefix < LARGEST_POD_RANGE || prefix > NODE_PREFIX) {
    const message = `${podCidr} must be from /${LARGEST_POD_RANGE} to /${NODE_PREFIX}: kubeadm gives each host a /${NODE_PREFIX} of it, at most 65,536 in all`;
    return [{ code, key, message }];
  }
  const room = 2 ** (NODE_PREFIX - prefix);
  if (listed.length <= room) return [];
  const needed = NODE_PREFIX - Math.ceil(Math.log2(listed.length));
  const message = `${podCidr} has room for ${room} hosts, a /${NODE_PREFIX} each, and ${listed.length} are listed; set a /${needed} or larger`;
  return [{ code, key, message }];
}

/** The API server's, DNS', the brokers' common one, and two of each broker's own. */
function checkServiceRange({ kubernetes: { serviceCidr }, kafka }: StackConfig): Mistake[] {
  const { prefix } = parseRange(serviceCidr)!;
  const [code, key] = [codes.serviceRangeSize, "kubernetes.serviceCidr"] as const;
  if (prefix < LARGEST_SERVICE_RANGE || prefix > SMALLEST_SERVICE_RANGE) {
    const message = `${serviceCidr} must be from /${LARGEST_SERVICE_RANGE} to /${SMALLEST_SERVICE_RANGE}, kubeadm's limits`;
    return [{ code, key, message }];
  }
  const room = 2 ** (32 - prefix) - 2;
  const { brokers, controllers, outsidePort } = kafka;
  const voters = controllers?.count ?? planVoters(brokers).length;
  // Kubernetes' API and DNS, Kafka's bootstrap; each broker's own, and outside's; each voter's.
  const services = 3 + brokers * (outsidePort === undefined ? 1 : 2) + voters;
  if (services <= room) return [];
  const message = `${serviceCidr} has room for ${room} services, and Kubernetes with kafka.brokers, ${brokers}, may have ${services}; set a /24 or larger`;
  return [{ code, key, message }];
}

function checkRanges({ kubernetes, hosts }: StackConfig, listed: readonly ListedHost[]): Mistake[] {
  const pods = parseRange(kubernetes.podCidr)!;
  const services = parseRange(kubernetes.serviceCidr)!;
  const network = hosts.gcp ? hosts.gcp.network.range : hosts.containers && containerNetwork.subnet;
  const mistakes: Mistake[] = [];
  if (overlap(pods, services)) {
    mistakes.push({
      code: codes.rangesOverlap,
      key: "kubernetes.podCidr",
      message: `${kubernetes.podCidr} overlaps kubernetes.serviceCidr, ${kubernetes.serviceCidr}; set ranges that share no address`,
    });
  }
  for (const [key, range] of [
    ["podCidr", pods],
    ["serviceCidr", services],
  ] as const) {
    const cidr = kubernetes[key];
    const inside = listed.find(({ address }) => contains(range, address));
    if (network && overlap(range, parseRange(network)!)) {
      mistakes.push({
        code: codes.rangeInHostsNetwork,
        key: `kubernetes.${key}`,
        message: `${cidr} overlaps the hosts' network, ${network}; set a range that shares no address with it`,
      });
    } else if (inside) {
      mistakes.push({
        code: codes.rangeHasHost,
        key: `kubernetes.${key}`,
        message: `${cidr} contains ${inside.address}, the address of ${inside.key} ("${inside.name}"); set a range outside the hosts' network`,
      });
    }
  }
  return mistakes;
}

function checkEndpoint(
  { kubernetes: { endpoint }, artifacts: { mirror } }: StackConfig,
  listed: readonly ListedHost[],
): Mistake[] {
  const [code, key] = [codes.endpointTaken, "kubernetes.endpoint"] as const;
  const another = "set a name that nothing else has, such as api.example.internal";
  if (isLoopback(endpoint)) return [{ code, key, message: `${endpoint} is each host itself; ${another}` }];
  const host = listed.find(({ name }) => name === endpoint);
  if (host) return [{ code, key, message: `${endpoint} is also the name of ${host.key}; ${another}` }];
  if (mirror === undefined || normalPlace(new URL(mirror).hostname) !== endpoint) return [];
  const message = `${endpoint} is also the host of artifacts.mirror, which no host would reach; ${another}`;
  return [{ code, key, message }];
}

function checkMtu({ network: { mtu } }: StackConfig): Mistake[] {
  if (mtu === 0 || mtu >= LEAST_MTU) return [];
  const message = `${mtu} is less than what every network carries; set 0, which finds it out, or from ${LEAST_MTU} to 9000`;
  return [{ code: codes.tinyMtu, key: "network.mtu", message }];
}
