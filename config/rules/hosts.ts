import { parseRange, placeOf } from "../../components/addresses/ipv4";
import { containerAddress, containerNetwork, containerResources } from "../../components/hosts/containerPlan";
import { parseTaint, reasonAgainstKey, repelsPods, ZONE_LABEL } from "../../components/hosts/nodeMarks";
import type { ListedHost } from "../listedHosts";
import { codes, mistake, type Mistakes } from "../mistakes";
import { podHosts, reasonAgainstPods, zonesOf } from "../scheduling";
import type { StackConfig } from "../schema/schema";

type Hosts = readonly ListedHost[];

/** Mistakes of the list of hosts: hosts with the same name or address, hosts that form no cluster, no host for pods. */
export function* hostMistakes(config: StackConfig, listed: Hosts): Mistakes {
  const hosts = listed.filter(({ lost }) => !lost);
  yield* checkBackend(config);
  yield* checkDuplicates(listed, "name");
  yield* checkDuplicates(hosts, "address");
  yield* checkContainerNames(config);
  yield* checkContainerAddresses(config, hosts);
  yield* checkControlPlanes(config, listed);
  yield* checkMarks(hosts);
  yield* checkPodHosts(config, hosts);
  yield* checkZones(config, hosts);
}

function* checkBackend({ hosts }: StackConfig): Mistakes {
  const backends = (["containers", "existing", "gcp"] as const).filter((backend) => hosts[backend]);
  const named = backends.map((backend) => `\`${backend}\``).join(" and ");
  if (backends.length > 1) {
    const message = `has ${named}; a stack's hosts are of one kind, remove the others`;
    yield mistake(codes.twoBackends, "hosts", message);
  } else if (backends.length === 0) {
    yield mistake(codes.noHosts, "hosts", "has no hosts; list them under `containers`, `existing` or `gcp`");
  }
}

function* checkDuplicates(hosts: Hosts, property: "name" | "address"): Mistakes {
  const code = property === "name" ? codes.sameName : codes.sameAddress;
  for (const [index, { key, [property]: value }] of hosts.entries()) {
    const first = hosts.slice(0, index).find((other) => other[property] === value);
    if (!first) continue;
    const message = `${value} is also the ${property} of ${first.key} ("${first.name}"); every host needs its own`;
    yield mistake(code, `${key}.${property}`, message);
  }
}

/** Pulumi would refuse the second resource of a name with an error that doesn't name the key. */
function* checkContainerNames({ hosts: { containers = [] } }: StackConfig): Mistakes {
  for (const [index, { name }] of containers.entries()) {
    if (!Object.values(containerResources).includes(name)) continue;
    const message = `${name} is the name of another resource of the stack; choose another name`;
    yield mistake(codes.reservedName, `hosts.containers[${index}].name`, message);
  }
}

function* checkContainerAddresses({ hosts: { containers } }: StackConfig, hosts: Hosts): Mistakes {
  const network = parseRange(containerNetwork.subnet);
  const [first, last] = [3, 254];
  for (const { key, address } of containers ? hosts : []) {
    const place = placeOf(network, address);
    if (place >= first && place <= last) continue;
    const free = `${containerAddress(first)} to ${containerAddress(last)}`;
    const message = `${address} isn't free for a host; set one from ${free}`;
    yield mistake(codes.addressNotFree, `${key}.address`, message);
  }
}

function* checkControlPlanes({ hosts }: StackConfig, listed: Hosts): Mistakes {
  const key = hosts.existing ? "hosts.existing" : hosts.gcp ? "hosts.gcp.instances" : "hosts.containers";
  const controlPlanes = listed.filter(({ role }) => role === "control-plane");
  const count = controlPlanes.filter(({ lost }) => !lost).length;
  if (listed.length > 0 && count === 0) {
    const message =
      controlPlanes.length > 0
        ? "has no control plane that isn't lost; put a new machine in the place of one, without `lost`, and bring the cluster back from a backup: docs/backups.md"
        : "has no control plane; give one host `role: control-plane`";
    yield mistake(codes.noControlPlane, key, message);
  }
  if (count > 0 && ![1, 3, 5].includes(count)) {
    const why =
      "etcd survives no more losses with an even number than with one less, and gains nothing from more than 5";
    yield mistake(codes.manyControlPlanes, key, `has ${count} control planes; make it 1, 3 or 5: ${why}`);
  }
}

/** Labels and taints that belong to Kubernetes, or that contradict each other. */
function* checkMarks(hosts: Hosts): Mistakes {
  for (const { key, labels = {}, taints = [] } of hosts) {
    for (const label of Object.keys(labels)) {
      const why = reasonAgainstKey(label);
      if (why !== undefined) yield mistake(codes.unfitMark, `${key}.labels`, `${label} ${why}`);
    }
    const parsed = taints.map(parseTaint);
    for (const [index, taint] of parsed.entries()) {
      const same = parsed.findIndex((other) => other.key === taint.key && other.effect === taint.effect);
      const twice = `has the key and the effect of ${key}.taints[${same}]; remove one of them`;
      const why = reasonAgainstKey(taint.key) ?? (same < index ? twice : undefined);
      if (why !== undefined) yield mistake(codes.unfitMark, `${key}.taints[${index}]`, `${taint.key} ${why}`);
    }
  }
}

/**
 * At least one host has to accept pods, since storage, DNS and Kafka have to run somewhere.
 *
 * @param hosts the hosts that are not lost
 */
function* checkPodHosts({ kubernetes }: StackConfig, hosts: Hosts): Mistakes {
  if (hosts.length === 0 || podHosts(kubernetes, hosts).length > 0) return;
  const workers = hosts.filter(({ role }) => role === "worker");
  const meantForPods = workers.length > 0 ? workers : hosts;
  const reasons = hosts
    .map((host) => `${host.name} repels them by ${reasonAgainstPods(kubernetes, hosts, host)}`.replace(/,$/, ""))
    .join(", ");
  if (meantForPods.every(repelsPods)) {
    const message = `leaves no host that takes ordinary pods: ${reasons}; remove a taint, or set PreferNoSchedule`;
    yield mistake(codes.noPodHost, `${meantForPods[0]!.key}.taints`, message);
  }
  if (workers.length === 0 && kubernetes.scheduleOnControlPlane === false) {
    const message = `false leaves no host that takes ordinary pods: ${reasons}; set true, or add a worker that isn't lost`;
    yield mistake(codes.noPodHost, "kubernetes.scheduleOnControlPlane", message);
  }
}

/** Zones are Kafka's racks. Kafka spreads replicas over racks only if all brokers have one. */
function* checkZones({ kubernetes }: StackConfig, hosts: Hosts): Mistakes {
  const zones = zonesOf(kubernetes, hosts);
  if (!zones) return;
  for (const { key, name } of podHosts(kubernetes, hosts)) {
    if (Object.hasOwn(zones, name)) continue;
    const message = `has no ${ZONE_LABEL}, while other hosts have; set one for each host that runs pods, or for none`;
    yield mistake(codes.noZone, `${key}.labels`, message);
  }
}
