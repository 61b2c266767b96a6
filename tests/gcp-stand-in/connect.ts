import { covers, parseRange } from "../../components/addresses/ipv4";
import type { Cloud, Item } from "./cloud";
import type { Backend, FrontEnd, HealthCheck } from "./cloudMachines";
import type { Properties } from "./properties";
import { type Instance, instances } from "./resources/instanceMachines";
import { types } from "./resources/types";

/**
 * Source ranges of the probes that Google sends for a passthrough load balancer.
 *
 * @see https://cloud.google.com/load-balancing/docs/firewall-rules
 */
const probes = {
  EXTERNAL: ["35.191.0.0/16", "209.85.152.0/22", "209.85.204.0/22"],
  INTERNAL: ["35.191.0.0/16", "130.211.0.0/22"],
} as const;

let previous = Promise.resolve();

/**
 * Updates the machines' firewalls and the load balancers' front ends to match the recorded resources. It runs after every change that
 * may affect them, one run at a time.
 */
export function connect(cloud: Cloud): Promise<void> {
  const current = previous.then(async () => {
    const served = frontEnds(cloud);
    for (const frontEnd of served) await cloud.machines.serve(frontEnd);
    for (const instance of instances(cloud)) {
      const servedBy = served.filter(({ backends }) => backends.some(({ name }) => name === instance.name));
      const rules = [...firewallRules(cloud, instance), ...servedBy.map(fromFrontEnd)];
      await cloud.machines.admit(
        instance.name,
        rules,
        servedBy.map(({ address }) => address),
      );
    }
  });
  previous = current.catch(() => undefined);
  return current;
}

/** Traffic that a firewall rule allows to one instance. */
interface Allowed {
  sources: readonly string[];
  protocol: string;
  /** @default all ports */
  ports: readonly string[] | undefined;
}

function allowedOn(cloud: Cloud, instance: Instance): Allowed[] {
  return cloud
    .ofType(types.firewall)
    .filter(({ inputs }) => cloud.the(types.network, inputs["network"]).id === instance.network)
    .filter(({ inputs }) => isTarget(inputs["targetTags"], instance))
    .flatMap(({ inputs }) =>
      (inputs["allows"] as { protocol: string; ports?: string[] }[]).map(({ protocol, ports }) => ({
        sources: inputs["sourceRanges"] as string[],
        protocol,
        ports,
      })),
    );
}

function isTarget(targetTags: unknown, { tags }: Instance): boolean {
  return targetTags === undefined || (targetTags as string[]).some((tag) => tags.includes(tag));
}

/** Matches for iptables, one for each source that is allowed. Packets that match none are dropped. */
function firewallRules(cloud: Cloud, instance: Instance): string[] {
  return allowedOn(cloud, instance).flatMap(({ sources, protocol, ports }) => {
    const matched = ports ? ` --match multiport --destination-ports ${ports.join(",").replaceAll("-", ":")}` : "";
    return sources.map((source) => `--source ${source} --protocol ${protocol}${matched}`);
  });
}

/**
 * Allows a front end's connections to the instance. Google passes clients' packets on; the front end opens connections of its own, and
 * has already checked the client's address.
 */
function fromFrontEnd({ source, port }: FrontEnd): string {
  return `--source ${source}/32 --protocol tcp --destination-port ${port}`;
}

function frontEnds(cloud: Cloud): FrontEnd[] {
  return cloud.ofType(types.forwardingRule).map(({ inputs, filled }) => {
    const service = cloud.the(types.backendService, inputs["backendService"]);
    const scheme = service.inputs["loadBalancingScheme"] as keyof typeof probes;
    const port = Number((inputs["ports"] as string[])[0]);
    const check = healthCheck(cloud.the(types.healthCheck, service.inputs["healthChecks"]));
    const groups = (service.inputs["backends"] as Properties[]).map(({ group }) =>
      cloud.the(types.instanceGroup, group),
    );
    const members = new Set(groups.flatMap((group) => membersOf(cloud, group)));
    return {
      name: inputs["name"] as string,
      address: inputs["ipAddress"] as string,
      source: filled["source"] as string,
      port,
      check,
      backends: instances(cloud)
        .filter(({ id }) => members.has(id))
        .map((instance) => backend(cloud, instance, port, check, probes[scheme])),
    };
  });
}

function membersOf(cloud: Cloud, group: Item): string[] {
  return cloud
    .ofType(types.membership)
    .filter(({ inputs }) => cloud.the(types.instanceGroup, inputs["instanceGroup"]).id === group.id)
    .map(({ inputs }) => cloud.the(types.instance, inputs["instance"]).id);
}

function backend(
  cloud: Cloud,
  instance: Instance,
  port: number,
  check: HealthCheck,
  probedFrom: readonly string[],
): Backend {
  const allowed = allowedOn(cloud, instance);
  const mayProbe = sourcesAllowed(allowed, check.port).map(parseRange);
  return {
    name: instance.name,
    address: instance.address,
    sources: sourcesAllowed(allowed, port),
    probed: probedFrom.map(parseRange).every((range) => mayProbe.some((source) => covers(source, range))),
  };
}

function sourcesAllowed(allowed: readonly Allowed[], port: number): string[] {
  return allowed
    .filter(({ protocol, ports }) => protocol === "tcp" && (!ports || ports.some((range) => includes(range, port))))
    .flatMap(({ sources }) => sources);
}

function includes(range: string, port: number): boolean {
  const [first, last = first] = range.split("-").map(Number);
  return port >= first! && port <= last!;
}

function healthCheck({ inputs }: Item): HealthCheck {
  const { port, requestPath } = inputs["httpsHealthCheck"] as { port: number; requestPath: string };
  return {
    port,
    path: requestPath,
    intervalSeconds: (inputs["checkIntervalSec"] as number | undefined) ?? 5,
    timeoutSeconds: (inputs["timeoutSec"] as number | undefined) ?? 5,
    healthyAfter: (inputs["healthyThreshold"] as number | undefined) ?? 2,
    unhealthyAfter: (inputs["unhealthyThreshold"] as number | undefined) ?? 2,
  };
}
