import {
  addressAt,
  contains,
  covers,
  firstAddress,
  type Ipv4Range,
  overlap,
  parseRange,
  sizeOf,
} from "../../components/addresses/ipv4";
import { LEAST_MEMORY_MIB } from "../../components/cluster/leastMemory";
import { gcpNames, type GcpPlan, planGcp } from "../../components/hosts/gcp/gcpPlan";
import { codes, mistake, type Mistakes } from "../mistakes";
import { podNetwork } from "../podNetwork";
import type { StackConfig } from "../schema/schema";
import { isEd25519Key, readPrivateKey } from "../sshKeys";

type Gcp = NonNullable<StackConfig["hosts"]["gcp"]>;

/** Settings that Google Cloud would refuse, or would accept and then drop packets. */
export function* gcpMistakes(stack: string, config: StackConfig): Mistakes {
  const { gcp } = config.hosts;
  if (!gcp) return;
  const plan = planGcp(stack, gcp, podNetwork(config));
  yield* checkNames(stack, gcp);
  yield* checkZones(gcp);
  yield* checkMemory(gcp);
  yield* checkSubnet(gcp);
  yield* checkAddresses(gcp, plan);
  yield* checkPodRanges(gcp, plan, config.kubernetes.podCidr);
  yield* checkLogin(gcp, config.sshPrivateKey);
  yield* checkPair(gcp, config.sshPrivateKey);
  yield* checkUser(gcp);
  yield* checkPodNetwork(gcp, config.network);
}

/** A resource's name has at most 63 characters. https://cloud.google.com/compute/docs/naming-resources */
const LONGEST_NAME = 63;
/** A service account's id has 6 to 30 characters. */
const LONGEST_ACCOUNT = 30;

function* checkNames(stack: string, { network, serviceAccount, publicAddresses, instances }: Gcp): Mistakes {
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(stack)) {
    const message = `the stack's name, ${stack}, goes into names that Google takes with a-z, 0-9 and - only, a letter first; make the stack under another name`;
    yield mistake(codes.gcpName, "hosts.gcp", message);
    return;
  }
  const names = gcpNames(stack, network.name);
  yield* checkLength("hosts.gcp", names.internalForwardingRule);
  yield* checkLength("hosts.gcp.network.name", names.allowHealthCheck);
  if (!serviceAccount) yield* checkLength("hosts.gcp.serviceAccount", names.serviceAccount, LONGEST_ACCOUNT);
  for (const [index, { name }] of instances.entries()) {
    const key = `hosts.gcp.instances[${index}].name`;
    const taken = !publicAddresses && names.instance(name) === names.bastion;
    if (taken) yield mistake(codes.gcpName, key, `${name} is the bastion's name; choose another`);
    else yield* checkLength(key, names.instance(name));
  }
}

function* checkLength(key: string, name: string, longest = LONGEST_NAME): Mistakes {
  if (name.length <= longest) return;
  const message = `${name} has ${name.length} characters, Google takes ${longest}; shorten it, or the stack's name`;
  yield mistake(codes.gcpName, key, message);
}

function* checkZones({ region, zones, instances }: Gcp): Mistakes {
  const listed = [
    ...zones.map((zone, index) => ({ zone, key: `hosts.gcp.zones[${index}]` })),
    ...instances.map(({ zone }, index) => ({ zone, key: `hosts.gcp.instances[${index}].zone` })),
  ];
  for (const { zone, key } of listed) {
    if (zone === undefined || zone.slice(0, -2) === region) continue;
    yield mistake(codes.gcpZone, key, `${zone} isn't in hosts.gcp.region, ${region}; set one of its zones`);
  }
}

/** Google's types with less memory than the preflight requires. */
const SMALL_TYPES = ["e2-micro", "f1-micro", "g1-small"];

function* checkMemory({ machine, instances }: Gcp): Mistakes {
  const listed = instances.map(({ type }, index) => ({ key: `hosts.gcp.instances[${index}].type`, type }));
  if (listed.some(({ type }) => type === undefined))
    listed.unshift({ key: "hosts.gcp.machine.type", type: machine.type });
  for (const { key, type } of listed) {
    if (type === undefined || !SMALL_TYPES.includes(type)) continue;
    const message = `${type} has too little memory for a host, which needs ${LEAST_MEMORY_MIB} MiB; set e2-medium or a larger one`;
    yield mistake(codes.smallContainer, key, message);
  }
}

function* checkSubnet({ network: { range } }: Gcp): Mistakes {
  const { address, prefix } = parseRange(range);
  const key = "hosts.gcp.network.range";
  const start = firstAddress({ address, prefix });
  if (prefix < 8 || prefix > 28) {
    yield mistake(codes.gcpRange, key, `${range} must be from /8 to /28: Google's limit, and room for hosts`);
  } else if (address !== start) {
    yield mistake(codes.gcpRange, key, `${range} doesn't start at ${address}; set ${start}/${prefix}`);
  }
}

/** Google reserves the first two and the last two addresses of a subnet; load balancer and bastion use two more. */
function* checkAddresses(gcp: Gcp, plan: GcpPlan): Mistakes {
  const subnet = parseRange(gcp.network.range);
  const taken = new Map([
    ...[0, 1, -2, -1].map((place) => [addressIn(subnet, place), "Google's"] as const),
    ...(plan.loadBalancer ? [[plan.loadBalancer.internalAddress, "the load balancer's"] as const] : []),
    ...(plan.bastion ? [[plan.bastion.address, "the bastion's"] as const] : []),
  ]);
  const remedy = `set one from ${addressIn(subnet, 7)} to ${addressIn(subnet, -3)}, or a larger range`;
  for (const [index, { address }] of plan.hosts.entries()) {
    const inside = contains(subnet, address);
    const why = inside ? taken.get(address) : `outside of hosts.gcp.network.range, ${gcp.network.range}`;
    if (why === undefined) continue;
    yield mistake(codes.gcpAddress, `hosts.gcp.instances[${index}].address`, `${address} is ${why}; ${remedy}`);
  }
}

/** @param place counted from 0, or from the end with -1 as the last */
function addressIn(range: Ipv4Range, place: number): string {
  return addressAt(range, place < 0 ? sizeOf(range) + place : place);
}

function* checkLogin({ ssh: { osLogin, publicKey } }: Gcp, privateKey: string): Mistakes {
  const code = codes.gcpLogin;
  if (osLogin && !privateKey) {
    const message = "is needed with OS Login: the private half of a key that the profile of hosts.gcp.ssh.user has";
    yield mistake(code, "sshPrivateKey", message);
  } else if (!osLogin && publicKey && !privateKey) {
    yield mistake(code, "sshPrivateKey", "is needed with hosts.gcp.ssh.publicKey: its private half");
  } else if (!osLogin && !publicKey && privateKey) {
    const message = "is needed with sshPrivateKey; set its public half, or remove both for a pair made for the stack";
    yield mistake(code, "hosts.gcp.ssh.publicKey", message);
  }
}

/** Two valid halves of different key pairs, with which no instance would let Pulumi log in. */
function* checkPair({ ssh: { publicKey } }: Gcp, privateKey: string): Mistakes {
  const read = readPrivateKey(privateKey);
  if (publicKey === undefined || !isEd25519Key(publicKey) || read.kind !== "usable") return;
  if (publicKey.split(" ", 2).join(" ") === read.ed25519) return;
  const remedy = read.ed25519 ?? "that of an ed25519 key, and its private half as sshPrivateKey";
  yield mistake(codes.otherPair, "hosts.gcp.ssh.publicKey", `isn't the public half of sshPrivateKey; set ${remedy}`);
}

/**
 * Google's images have PermitRootLogin off; others may have it on.
 *
 * @see https://cloud.google.com/compute/docs/connect/root-ssh
 */
const WITHOUT_ROOT = /^(debian-cloud|ubuntu-os-cloud)\//;

function* checkUser({ ssh: { user }, machine: { image } }: Gcp): Mistakes {
  if (user !== "root" || !WITHOUT_ROOT.test(image)) return;
  const message = `root can't log in to instances of hosts.gcp.machine.image, ${image}; set another name, whose user is made and may use sudo`;
  yield mistake(codes.rootLogin, "hosts.gcp.ssh.user", message);
}

/** Hosts' ranges for pods, if they have any: each is in the pods' range, and no two overlap. */
function* checkPodRanges({ instances }: Gcp, { hosts }: GcpPlan, podCidr: string): Mistakes {
  const all = parseRange(podCidr);
  const ranges = hosts.map(({ podRange }) => (podRange ? parseRange(podRange) : undefined));
  for (const [index, { host, podRange }] of hosts.entries()) {
    const key = `hosts.gcp.instances[${index}].podRange`;
    const range = ranges[index];
    if (!range) {
      const message = "is only for network.encapsulation None; set that, or remove it";
      if (instances[index]!.podRange) yield mistake(codes.gcpPodRange, key, message);
      continue;
    }
    const first = firstAddress(range);
    const inside = covers(all, range);
    const other = ranges.slice(0, index).findIndex((each) => each && overlap(each, range));
    if (inside && first === range.address && other < 0) continue;
    const why = !inside
      ? `isn't in kubernetes.podCidr, ${podCidr}`
      : other < 0
        ? `doesn't start at ${first}`
        : `overlaps that of hosts.gcp.instances[${other}] ("${hosts[other]!.host}")`;
    const message = `${podRange}, for pods on ${host}, ${why}; set a part of kubernetes.podCidr that no other host has`;
    yield mistake(codes.gcpPodRange, key, message);
  }
}

/** Bytes of a packet that each encapsulation takes. */
const headers = { VXLAN: 50, None: 0 };

function* checkPodNetwork({ network }: Gcp, { encapsulation, mtu }: StackConfig["network"]): Mistakes {
  if (encapsulation !== "VXLAN" && encapsulation !== "None") {
    const message = `${encapsulation} doesn't work there; set None, for which pods' ranges are routed to the hosts, or VXLAN`;
    yield mistake(codes.gcpEncapsulation, "network.encapsulation", message);
    return;
  }
  const most = network.mtu - headers[encapsulation];
  if (mtu <= most) return;
  const message = `${mtu} is more than hosts.gcp.network.mtu, ${network.mtu}, has room for with ${encapsulation}; set at most ${most}, or 0`;
  yield mistake(codes.gcpMtu, "network.mtu", message);
}
