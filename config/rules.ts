import { posix } from "node:path";

import { containerNetwork, containerResources } from "../components/hosts/containerPlan";
import { versions } from "../components/artifacts/versions";
import { parseTaint, reasonAgainstKey, repelsPods, ZONE_LABEL } from "../components/hosts/labels";
import { isLoopback } from "../components/hosts/place";
import { addressMistakes } from "./rules/addresses";
import { gcpMistakes } from "./rules/gcp";
import { kafkaMistakes } from "./rules/kafka";
import { kubeletMistakes } from "./rules/kubelet";
import { type ListedHost, listHosts } from "./listedHosts";
import { loginMistakes } from "./rules/logins";
import { memoryMistakes } from "./rules/memory";
import { codes, type Mistake } from "./mistakes";
import { podHosts, reasonAgainstPods, zonesOf } from "./scheduling";
import type { StackConfig } from "./schema/schema";

/** What needs more than one value of the config to judge: every mistake, in the order of the config's keys. */
export function findMistakes(stack: string, config: StackConfig, encrypted: readonly string[] = []): Mistake[] {
  const listed = listHosts(stack, config);
  const hosts = listed.filter(({ lost }) => !lost);
  return [
    ...checkBackend(config),
    ...checkDuplicates(listed, "name", "name"),
    ...checkDuplicates(hosts, "address", "address"),
    ...checkContainerNames(config),
    ...checkContainerAddresses(config, hosts),
    ...checkControlPlanes(config, listed),
    ...checkMarks(hosts),
    ...checkPodHosts(config, hosts),
    ...checkZones(config, hosts),
    ...kubeletMistakes(config, hosts),
    ...loginMistakes(config),
    ...gcpMistakes(stack, config),
    ...checkVersion(config),
    ...addressMistakes(config, hosts),
    ...checkStoragePath(config),
    ...kafkaMistakes(config, encrypted),
    ...memoryMistakes(config),
    ...checkMirror(config),
  ];
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

/** Pulumi would refuse the second resource of a name, in words of its own. */
function checkContainerNames({ hosts: { containers = [] } }: StackConfig): Mistake[] {
  return containers.flatMap(({ name }, index) => {
    const message = `${name} is the name of another resource of the stack; choose another name`;
    const key = `hosts.containers[${index}].name`;
    return Object.values(containerResources).includes(name) ? [{ code: codes.reservedName, key, message }] : [];
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
  const controlPlanes = listed.filter(({ role }) => role === "control-plane");
  const count = controlPlanes.filter(({ lost }) => !lost).length;
  if (listed.length > 0 && count === 0) {
    const message =
      controlPlanes.length > 0
        ? "has no control plane that isn't lost, and the cluster's data went with the last one; bring one of them back, or run `bin/pulumi destroy` and list other hosts for a new cluster"
        : "has no control plane; give one host `role: control-plane`";
    return [{ code: codes.noControlPlane, key, message }];
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

/**
 * Storage, DNS and Kafka have to run somewhere.
 *
 * @param hosts those that are not lost
 */
function checkPodHosts({ kubernetes }: StackConfig, hosts: ListedHost[]): Mistake[] {
  if (hosts.length === 0 || podHosts(kubernetes, hosts).length > 0) return [];
  const code = codes.noPodHost;
  const workers = hosts.filter(({ role }) => role === "worker");
  const meantForPods = workers.length > 0 ? workers : hosts;
  const reasons = hosts
    .map((host) => `${host.name} repels them by ${reasonAgainstPods(kubernetes, hosts, host)}`.replace(/,$/, ""))
    .join(", ");
  const mistakes: Mistake[] = [];
  if (meantForPods.every(repelsPods)) {
    const message = `leaves no host that takes ordinary pods: ${reasons}; remove a taint, or set PreferNoSchedule`;
    mistakes.push({ code, key: `${meantForPods[0]!.key}.taints`, message });
  }
  if (workers.length === 0 && kubernetes.scheduleOnControlPlane === false) {
    const message = `false leaves no host that takes ordinary pods: ${reasons}; set true, or add a worker that isn't lost`;
    mistakes.push({ code, key: "kubernetes.scheduleOnControlPlane", message });
  }
  return mistakes;
}

/** Zones are Kafka's racks, and it spreads copies over racks only where all brokers have one. */
function checkZones({ kubernetes }: StackConfig, hosts: ListedHost[]): Mistake[] {
  const zones = zonesOf(kubernetes, hosts);
  if (!zones) return [];
  return podHosts(kubernetes, hosts)
    .filter(({ name }) => !Object.hasOwn(zones, name))
    .map(({ key }) => ({
      code: codes.noZone,
      key: `${key}.labels`,
      message: `has no ${ZONE_LABEL}, while other hosts have; set one for each host that runs pods, or for none`,
    }));
}

function checkVersion({ kubernetes }: StackConfig): Mistake[] {
  const minor = versions.kubernetes.split(".").slice(0, 2).join(".");
  return new RegExp(`^${minor.replace(".", "\\.")}\\.(0|[1-9]\\d*)$`).test(kubernetes.version)
    ? []
    : [
        {
          code: codes.unsupportedVersion,
          key: "kubernetes.version",
          message: `${kubernetes.version} isn't supported; set ${versions.kubernetes} or another patch of ${minor}`,
        },
      ];
}

/** Folders whose content goes with a boot, belongs to the kernel or the system, or is taken away with the cluster. */
const UNFIT_FOLDERS = [
  ...["/boot", "/dev", "/etc", "/proc", "/run", "/sys", "/tmp", "/var/run", "/var/tmp"],
  ...["containerd", "etcd", "kubelet", "kubeadm-kafka"].map((folder) => `/var/lib/${folder}`),
];

function checkStoragePath({ storage }: StackConfig): Mistake[] {
  const [code, key] = [codes.unfitPath, "storage.path"] as const;
  const path = storage.path.replace(/\/$/, "");
  const normal = posix.normalize(path);
  if (path !== normal || path === "") {
    const message = `${storage.path} must be written without //, . and .., and not be / itself; set ${path && normal !== "/" ? normal : "/var/lib"}`;
    return [{ code, key, message }];
  }
  const unfit = UNFIT_FOLDERS.find((folder) => path === folder || path.startsWith(`${folder}/`));
  if (!unfit) return [];
  const message = `${storage.path} is in ${unfit}, where volumes would be lost or in the way of the system; set a folder on a disk for data`;
  return [{ code, key, message }];
}

function checkMirror({ artifacts }: StackConfig): Mistake[] {
  if (artifacts.mirror && isLoopback(new URL(artifacts.mirror).hostname)) {
    const message = `${new URL(artifacts.mirror).host} is each host itself; set an address at which the hosts reach the mirror`;
    return [{ code: codes.mirrorOnLoopback, key: "artifacts.mirror", message }];
  }
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
