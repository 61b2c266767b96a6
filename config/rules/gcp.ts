import { addressAt, gcpNames, type GcpPlan, planGcp } from "../../components/hosts/gcp/gcpPlan";
import { contains, firstAddress, overlap, parseRange } from "../ipRanges";
import { codes, type Mistake } from "../mistakes";
import { podNetwork } from "../podNetwork";
import type { StackConfig } from "../schema/schema";
import { isEd25519Key, readPrivateKey } from "../sshKeys";

type Gcp = NonNullable<StackConfig["hosts"]["gcp"]>;

/** What Google Cloud would refuse, or would take and drop packets. */
export function gcpMistakes(stack: string, config: StackConfig): Mistake[] {
  const { gcp } = config.hosts;
  if (!gcp) return [];
  const plan = planGcp(stack, gcp, podNetwork(config));
  return [
    ...checkNames(stack, gcp),
    ...checkZones(gcp),
    ...checkSubnet(gcp),
    ...checkAddresses(gcp, plan),
    ...checkPodRanges(gcp, plan, config.kubernetes.podCidr),
    ...checkLogin(gcp, config.sshPrivateKey),
    ...checkPair(gcp, config.sshPrivateKey),
    ...checkUser(gcp),
    ...checkPodNetwork(gcp, config.network),
  ];
}

/** https://cloud.google.com/compute/docs/naming-resources: 63 characters; an account's id has 6 to 30. */
function checkNames(stack: string, { network, serviceAccount, publicAddresses, instances }: Gcp): Mistake[] {
  const code = codes.gcpName;
  if (!/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(stack)) {
    const message = `the stack's name, ${stack}, goes into names that Google takes with a-z, 0-9 and - only, a letter first; make the stack under another name`;
    return [{ code, key: "hosts.gcp", message }];
  }
  const names = gcpNames(stack, network.name);
  const tooLong = (key: string, name: string, most = 63): Mistake[] => {
    const message = `${name} has ${name.length} characters, Google takes ${most}; shorten it, or the stack's name`;
    return name.length > most ? [{ code, key, message }] : [];
  };
  return [
    ...tooLong("hosts.gcp", names.internalForwardingRule),
    ...tooLong("hosts.gcp.network.name", names.allowHealthCheck),
    ...(serviceAccount ? [] : tooLong("hosts.gcp.serviceAccount", names.serviceAccount, 30)),
    ...instances.flatMap(({ name }, index) => {
      const key = `hosts.gcp.instances[${index}].name`;
      const taken = !publicAddresses && names.instance(name) === names.bastion;
      return taken
        ? [{ code, key, message: `${name} is the bastion's name; choose another` }]
        : tooLong(key, names.instance(name));
    }),
  ];
}

function checkZones({ region, zones, instances }: Gcp): Mistake[] {
  const listed = [
    ...zones.map((zone, index) => ({ zone, key: `hosts.gcp.zones[${index}]` })),
    ...instances.map(({ zone }, index) => ({ zone, key: `hosts.gcp.instances[${index}].zone` })),
  ];
  return listed.flatMap(({ zone, key }) =>
    zone === undefined || zone.slice(0, -2) === region
      ? []
      : [{ code: codes.gcpZone, key, message: `${zone} isn't in hosts.gcp.region, ${region}; set one of its zones` }],
  );
}

function checkSubnet({ network: { range } }: Gcp): Mistake[] {
  const { address, prefix } = parseRange(range)!;
  const key = "hosts.gcp.network.range";
  const start = firstAddress(parseRange(range)!);
  if (prefix < 8 || prefix > 28) {
    return [
      { code: codes.gcpRange, key, message: `${range} must be from /8 to /28: Google's limit, and room for hosts` },
    ];
  }
  return address === start
    ? []
    : [{ code: codes.gcpRange, key, message: `${range} doesn't start at ${address}; set ${start}/${prefix}` }];
}

/** The first two and the last two addresses of a subnet are Google's, two more the load balancer's and the bastion's. */
function checkAddresses(gcp: Gcp, plan: GcpPlan): Mistake[] {
  const { range } = gcp.network;
  const { prefix } = parseRange(range)!;
  const size = 2 ** (32 - prefix);
  const taken = new Map([
    ...[0, 1, size - 2, size - 1].map((place) => [addressAt(range, place), "Google's"] as const),
    ...(plan.loadBalancer ? [[plan.loadBalancer.internalAddress, "the load balancer's"] as const] : []),
    ...(plan.bastion ? [[plan.bastion.address, "the bastion's"] as const] : []),
  ]);
  return plan.hosts.flatMap(({ address }, index) => {
    const outside = contains(parseRange(range)!, address) ? undefined : `outside of hosts.gcp.network.range, ${range}`;
    const why = outside ?? taken.get(address);
    if (!why) return [];
    const remedy = `set one from ${addressAt(range, 7)} to ${addressAt(range, size - 3)}, or a larger range`;
    return [
      {
        code: codes.gcpAddress,
        key: `hosts.gcp.instances[${index}].address`,
        message: `${address} is ${why}; ${remedy}`,
      },
    ];
  });
}

function checkLogin({ ssh }: Gcp, privateKey: string): Mistake[] {
  const code = codes.gcpLogin;
  if (ssh.osLogin) {
    if (privateKey) return [];
    const message = "is needed with OS Login: the private half of a key that the profile of hosts.gcp.ssh.user has";
    return [{ code, key: "sshPrivateKey", message }];
  }
  if (ssh.publicKey && !privateKey) {
    return [{ code, key: "sshPrivateKey", message: "is needed with hosts.gcp.ssh.publicKey: its private half" }];
  }
  if (!ssh.publicKey && privateKey) {
    const message = "is needed with sshPrivateKey; set its public half, or remove both for a pair made for the stack";
    return [{ code, key: "hosts.gcp.ssh.publicKey", message }];
  }
  return [];
}

/** Two halves that are each well-formed, of different pairs: no instance would let Pulumi in. */
function checkPair({ ssh: { publicKey } }: Gcp, privateKey: string): Mistake[] {
  const read = readPrivateKey(privateKey);
  if (publicKey === undefined || !isEd25519Key(publicKey) || read.kind !== "usable") return [];
  if (publicKey.split(" ", 2).join(" ") === read.ed25519) return [];
  const key = "hosts.gcp.ssh.publicKey";
  const message = `isn't the public half of sshPrivateKey; set ${read.ed25519 ?? "that of an ed25519 key, and its private half as sshPrivateKey"}`;
  return [{ code: codes.otherPair, key, message }];
}

/** https://cloud.google.com/compute/docs/connect/root-ssh: they have PermitRootLogin off. Other images may have it on. */
const WITHOUT_ROOT = /^(debian-cloud|ubuntu-os-cloud)\//;

function checkUser({ ssh: { user }, machine: { image } }: Gcp): Mistake[] {
  if (user !== "root" || !WITHOUT_ROOT.test(image)) return [];
  const message = `root can't log in to instances of hosts.gcp.machine.image, ${image}; set another name, whose user is made and may use sudo`;
  return [{ code: codes.rootLogin, key: "hosts.gcp.ssh.user", message }];
}

/** Where each host has a range for its pods: all in the pods' range, and each its own. */
function checkPodRanges({ instances }: Gcp, { hosts }: GcpPlan, podCidr: string): Mistake[] {
  const code = codes.gcpPodRange;
  const all = parseRange(podCidr)!;
  const ranges = hosts.map(({ podRange }) => (podRange ? parseRange(podRange)! : undefined));
  return ranges.flatMap((range, index) => {
    const key = `hosts.gcp.instances[${index}].podRange`;
    if (!range) {
      const message = "is only for network.encapsulation None; set that, or remove it";
      return instances[index]!.podRange ? [{ code, key, message }] : [];
    }
    const { host, podRange = "" } = hosts[index]!;
    const inside = all.prefix <= range.prefix && contains(all, range.address);
    const other = ranges.slice(0, index).findIndex((each) => each && overlap(each, range));
    if (inside && firstAddress(parseRange(podRange)!) === range.address && other < 0) return [];
    const why = !inside
      ? `isn't in kubernetes.podCidr, ${podCidr}`
      : other < 0
        ? `doesn't start at ${firstAddress(parseRange(podRange)!)}`
        : `overlaps that of hosts.gcp.instances[${other}] ("${hosts[other]!.host}")`;
    const message = `${podRange}, for pods on ${host}, ${why}; set a part of kubernetes.podCidr that no other host has`;
    return [{ code, key, message }];
  });
}

/** Bytes that each kind of wrapping takes off a packet. */
const headers = { VXLAN: 50, None: 0 };

function checkPodNetwork({ network }: Gcp, { encapsulation, mtu }: StackConfig["network"]): Mistake[] {
  if (encapsulation !== "VXLAN" && encapsulation !== "None") {
    const message = `${encapsulation} doesn't work there; set None, for which pods' ranges are routed to the hosts, or VXLAN`;
    return [{ code: codes.gcpEncapsulation, key: "network.encapsulation", message }];
  }
  const most = network.mtu - headers[encapsulation];
  if (mtu <= most) return [];
  const message = `${mtu} is more than hosts.gcp.network.mtu, ${network.mtu}, has room for with ${encapsulation}; set at most ${most}, or 0`;
  return [{ code: codes.gcpMtu, key: "network.mtu", message }];
}
