import { readKeptResult } from "../hostReport";

/** What a preflight prints about its host. Times are in seconds since 1970. */
export interface PreflightFacts {
  readonly machineId: string;
  /** The largest packet, in bytes, that its network card sends. */
  readonly mtu: number;
  /**
   * What its packet filter drops of what other hosts send: `tcp 10250 (table inet filter, chain input)`. Missing in a state
   * that an earlier release wrote.
   */
  readonly closed?: readonly string[];
  /** What its clock said. */
  readonly clock: number;
  /** What the clock where Pulumi runs said before the login; null where it was another look than the first. */
  readonly asked: number | null;
}

/** @throws Error where it is something else */
export function parsePreflightFacts(text: string): PreflightFacts {
  const facts = JSON.parse(text) as PreflightFacts | null;
  const { machineId, mtu, clock, asked } = facts ?? {};
  const numbers = typeof mtu === "number" && typeof clock === "number" && (asked === null || typeof asked === "number");
  if (!facts || typeof machineId !== "string" || !numbers) throw new Error("no facts of a preflight");
  return facts;
}

/** The same with when it was there: at the first look soon after the host printed it, later on whenever. */
export interface HostFacts extends PreflightFacts {
  readonly answered: number;
}

/**
 * What a preflight said of its host, or why that can't be read.
 *
 * @param answered when it came, by the clock of the machine that runs Pulumi
 */
export function readFacts(host: string, printed: string, answered: number): HostFacts | Unreadable {
  try {
    return { ...readKeptResult(printed, parsePreflightFacts, { host, step: "preflight" }), answered };
  } catch (error) {
    return { unreadable: (error as Error).message };
  }
}

interface Unreadable {
  readonly unreadable: string;
}

/**
 * What hosts, each of them sound, are not together. One sentence each; empty when they go together. As long as one can't be
 * read, those alone that can't.
 */
export function togetherMistakes(all: ReadonlyMap<string, HostFacts | Unreadable>): string[] {
  const unreadable = [...all.values()].flatMap((each) => ("unreadable" in each ? each.unreadable : []));
  if (unreadable.length) return unreadable;
  const facts = all as ReadonlyMap<string, HostFacts>;
  return [...identityMistakes(facts), ...mtuMistakes(facts), ...filterMistakes(facts), ...clockMistakes(facts)];
}

/**
 * How far a host's clock may be from the median, in seconds. An API server doesn't take a service account's token that comes
 * from more than a minute ahead (the leeway of go-jose, which checks it); certificates bear five (kubeadm dates them back),
 * Kafka's records an hour (`message.timestamp.after.max.ms`).
 */
const MAX_CLOCK_SKEW = 60;

/** Of the hosts' clocks and the one where Pulumi runs, which has to take their certificates, too. */
function clockMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const skews = [...facts].map(([name, host]) => ({ name, skew: skewOf(host) }));
  const median = medianOf([0, ...skews.map(({ skew }) => skew)]);
  return skews
    .map(({ name, skew }) => ({ name, off: skew - median }))
    .filter(({ off }) => Math.abs(off) > MAX_CLOCK_SKEW)
    .map(
      ({ name, off }) =>
        `${name}'s clock is ${Math.abs(off)} seconds ${off < 0 ? "behind" : "ahead of"} the others; ` +
        `set it, and let NTP keep it: sudo timedatectl set-ntp true [KK727]`,
    );
}

/** What a login's time doesn't explain of the difference between a host's clock and the one where Pulumi runs. */
function skewOf({ clock, asked, answered }: HostFacts): number {
  return Math.max(0, clock - answered) || Math.min(0, clock - (asked ?? clock));
}

/** Of an even number the one of the middle two that is nearer to 0. */
function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return Math.abs(low) < Math.abs(high) ? low : high;
}

/** A host drops larger packets than its card's without a word: clusters with several MTUs work until a packet is large. */
function mtuMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const byMtu = Map.groupBy(facts, ([, { mtu }]) => mtu);
  if (byMtu.size < 2) return [];
  const groups = [...byMtu].map(([mtu, hosts]) => `${mtu} on ${hosts.map(([name]) => name).join(" and ")}`);
  return [
    `hosts have different MTUs: ${groups.join(", ")}; give all the same: sudo ip link set CARD mtu NUMBER [KK722]`,
  ];
}

/** A lone host gets nothing from others, and may drop what it likes. */
function filterMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  if (facts.size < 2) return [];
  return [...facts]
    .map(([name, { closed = [] }]) => ({ name, closed }))
    .filter(({ closed }) => closed.length > 0)
    .map(
      ({ name, closed }) =>
        `${name}'s packet filter drops what other hosts send it: ${closed.join(", ")}; ` +
        `accept it there, also after a boot [KK746]`,
    );
}

/**
 * Hosts that are one machine under two names, or copies of one that kept its identity (Calico and the kubelet tell hosts
 * apart by it).
 */
function identityMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const byId = Map.groupBy(facts, ([, { machineId }]) => machineId);
  return [...byId]
    .filter(([, hosts]) => hosts.length > 1)
    .map(
      ([id, hosts]) =>
        `${hosts.map(([name]) => name).join(" and ")} have the same machine id ${id}: either it is one machine, or a copy; ` +
        `on a copy: sudo rm /etc/machine-id && sudo systemd-machine-id-setup [KK711]`,
    );
}
