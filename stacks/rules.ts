import { containerNetwork, planContainer } from "../components/hosts/containerPlan";
import { versions } from "../components/artifacts/versions";
import { planGcp } from "../components/hosts/gcp/gcpPlan";
import { type NodeMarks, parseTaint, reasonAgainstKey, repelsPods, ZONE_LABEL } from "../components/hosts/labels";
import { gcpMistakes } from "./gcpRules";
import { kafkaMistakes } from "./kafkaRules";
import { contains, overlap, parseRange } from "./ipRanges";
import { codes, type Mistake } from "./mistakes";
import { podNetwork } from "./podNetwork";
import { podHosts, zonesOf } from "./scheduling";
import type { StackConfig } from "./schema";

/** A host as far as the rules see it, whatever its backend. */
interface ListedHost extends NodeMarks {
  key: string;
  name: string;
  role: "control-plane" | "worker";
  address: string;
  lost?: boolean;
}

/** What needs more than one value of the config to judge: every mistake, in the order of the config's keys. */
export function findMistakes(stack: string, config: StackConfig): Mistake[] {
  const listed = listHosts(stack, config);
  const hosts = listed.filter(({ lost }) => !lost);
  return [
    ...checkBackend(config),
    ...checkDuplicates(listed, "name", "name"),
    ...checkDuplicates(hosts, "address", "address"),
    ...checkContainerAddresses(config, hosts),
    ...checkControlPlanes(config, hosts),
    ...checkMarks(hosts),
    ...checkTaints(config, hosts),
    ...checkZones(config, hosts),
    ...checkLogin(config),
    ...checkLearnedKeys(config),
    ...gcpMistakes(stack, config),
    ...checkVersion(config),
    ...checkRanges(config, hosts),
    ...kafkaMistakes(config),
    ...checkMirror(config),
  ];
}

/** The stack's hosts; of two lists, which is a mistake of its own, the first. */
function listHosts(stack: string, config: StackConfig): ListedHost[] {
  const { hosts } = config;
  if (hosts.containers) {
    return hosts.containers.map((host, index) => ({
      key: `hosts.containers[${index}]`,
      name: host.name,
      role: host.role,
      address: planContainer("", host, index).address,
      labels: host.labels,
      taints: host.taints,
    }));
  }
  if (hosts.existing) {
    return hosts.existing.map((host, index) => ({ key: `hosts.existing[${index}]`, ...host }));
  }
  const planned = hosts.gcp ? planGcp(stack, hosts.gcp, podNetwork(config)).hosts : [];
  return planned.map(({ host: name, role, address, node }, index) => ({
    key: `hosts.gcp.instances[${index}]`,
    name,
    role,
    address,
    ...node,
  }));
}

function checkBackend({ hosts }: StackConfig): Mistake[] {
  const backends = (["containers", "existing", "gcp"] as const).filter((backend) => hosts[backend]);
  const named = backends.map((backend) => `\`${backend}\``).join(" and ");
  if (backends.length > 1) {
    return [
      {
        code: codes.twoBackends,
        key: "hosts",
        message: `has ${named}; a stack's hosts are of one kind, remove the others`,
      },
    ];
  }
  if (backends.length === 0) {
    const message = "has no hosts; list them under `containers`, `existing` or `gcp`";
    return [{ code: codes.noHosts, key: "hosts", message }];
  }
  return [];
}

function checkDuplicates(hosts: ListedHost[], property: "name" | "address", word: string): Mistake[] {
  const code = property === "name" ? codes.sameName : codes.sameAddress;
  return hosts.flatMap((host, index) => {
    const first = hosts.slice(0, index).find((other) => other[property] === host[property]);
    return first
      ? [
          {
            code,
            key: `${host.key}.${property}`,
            message: `${host[property]} is also the ${word} of ${first.key} ("${first.name}"); every host needs its own`,
          },
        ]
      : [];
  });
}

function checkContainerAddresses({ hosts }: StackConfig, listed: ListedHost[]): Mistake[] {
  if (!hosts.containers) return [];
  const prefix = containerNetwork.prefix;
  return listed
    .filter(({ address }) => {
      const last = Number(address.slice(prefix.length));
      return !address.startsWith(prefix) || last < 3 || last > 254;
    })
    .map(({ key, address }) => ({
      code: codes.addressNotFree,
      key: `${key}.address`,
      message: `${address} isn't free for a host; set one from ${prefix}3 to ${prefix}254`,
    }));
}

function checkControlPlanes({ hosts }: StackConfig, listed: ListedHost[]): Mistake[] {
  const key = hosts.existing ? "hosts.existing" : hosts.gcp ? "hosts.gcp.instances" : "hosts.containers";
  const count = listed.filter(({ role }) => role === "control-plane").length;
  if (listed.length > 0 && count === 0) {
    return [{ code: codes.noControlPlane, key, message: "has no control plane; give one host `role: control-plane`" }];
  }
  if (count > 0 && ![1, 3, 5].includes(count)) {
    const reason =
      "etcd survives no more losses with an even number than with one less, and gains nothing from more than 5";
    return [
      { code: codes.manyControlPlanes, key, message: `has ${count} control planes; make it 1, 3 or 5: ${reason}` },
    ];
  }
  return [];
}

/** Labels and taints that would not be ours to set, or that say two things at once. */
function checkMarks(hosts: ListedHost[]): Mistake[] {
  return hosts.flatMap(({ key, labels = {}, taints = [] }) => {
    const parsed = taints.map(parseTaint);
    const marks = [
      ...Object.keys(labels).map((label) => ({ key: `${key}.labels`, mark: label, why: reasonAgainstKey(label) })),
      ...parsed.map((taint, index) => {
        const same = parsed.findIndex((other) => other.key === taint.key && other.effect === taint.effect);
        const twice = `has the key and the effect of ${key}.taints[${same}]; remove one of them`;
        const why = reasonAgainstKey(taint.key) ?? (same < index ? twice : undefined);
        return { key: `${key}.taints[${index}]`, mark: taint.key, why };
      }),
    ];
    return marks.flatMap(({ key, mark, why }) =>
      why === undefined ? [] : [{ code: codes.unfitMark, key, message: `${mark} ${why}` }],
    );
  });
}

/** Storage, DNS and Kafka have to run somewhere. */
function checkTaints({ kubernetes }: StackConfig, hosts: ListedHost[]): Mistake[] {
  const tainted = hosts.find(repelsPods);
  if (!tainted || podHosts(kubernetes, hosts).length > 0) return [];
  const message = "leaves no host that takes ordinary pods; remove it, or set PreferNoSchedule";
  return [{ code: codes.allTainted, key: `${tainted.key}.taints`, message }];
}

/** Zones are Kafka's racks, and it spreads copies over racks only where all brokers have one. */
function checkZones({ kubernetes }: StackConfig, hosts: ListedHost[]): Mistake[] {
  const zones = zonesOf(kubernetes, hosts);
  if (!zones) return [];
  return podHosts(kubernetes, hosts)
    .filter(({ name }) => !zones[name])
    .map(({ key }) => ({
      code: codes.noZone,
      key: `${key}.labels`,
      message: `has no ${ZONE_LABEL}, while other hosts have; set one for each host that runs pods, or for none`,
    }));
}

function checkLogin({ hosts, sshPrivateKey }: StackConfig): Mistake[] {
  if (!hosts.existing) return [];
  if (hosts.ssh.agent && sshPrivateKey) {
    const message = "lets the SSH agent in for sshPrivateKey, which is set, too; remove one of them";
    return [{ code: codes.twoLogins, key: "hosts.ssh.agent", message }];
  }
  if (hosts.ssh.agent || sshPrivateKey.includes("PRIVATE KEY")) return [];
  const message =
    "is needed to reach existing hosts; `bin/pulumi config set --secret sshPrivateKey < ~/.ssh/id_ed25519`, or set hosts.ssh.agent to use yours";
  return [{ code: codes.noPrivateKey, key: "sshPrivateKey", message }];
}

/** A key is looked at from where Pulumi runs, and from there nobody behind a bastion is seen. */
function checkLearnedKeys({ hosts }: StackConfig): Mistake[] {
  const { bastion } = hosts.ssh;
  if (!bastion) return [];
  return (hosts.existing ?? []).flatMap(({ address, ssh }, index) => {
    const message = `can't be learned through hosts.ssh.bastion; set what \`ssh-keyscan -t ed25519 ${ssh.host ?? address}\` prints on ${bastion.host}`;
    return ssh.hostKey === "learn"
      ? [{ code: codes.learnThroughBastion, key: `hosts.existing[${index}].ssh.hostKey`, message }]
      : [];
  });
}

function checkVersion({ kubernetes }: StackConfig): Mistake[] {
  const minor = versions.kubernetes.split(".").slice(0, 2).join(".");
  return new RegExp(`^${minor.replace(".", "\\.")}\\.\\d+$`).test(kubernetes.version)
    ? []
    : [
        {
          code: codes.unsupportedVersion,
          key: "kubernetes.version",
          message: `${kubernetes.version} isn't supported; set ${versions.kubernetes} or another patch of ${minor}`,
        },
      ];
}

function checkRanges({ kubernetes, hosts }: StackConfig, listed: ListedHost[]): Mistake[] {
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

function checkMirror({ artifacts }: StackConfig): Mistake[] {
  if (artifacts.source === "mirror" && !artifacts.mirror) {
    return [
      {
        code: codes.noMirror,
        key: "artifacts.mirror",
        message: "is needed where artifacts.source is `mirror`; set the mirror's base URL",
      },
    ];
  }
  if (artifacts.source === "upstream" && artifacts.mirror) {
    return [
      {
        code: codes.unusedMirror,
        key: "artifacts.mirror",
        message: "is set, but artifacts.source is `upstream`; remove one of them",
      },
    ];
  }
  return [];
}
