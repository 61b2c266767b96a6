import { isMistake, reasonOf } from "../../failures";
import { readKeptResult } from "../hostReport";

/** A preflight's result. Times are in seconds since 1970. */
export interface PreflightFacts {
  /** @see https://www.freedesktop.org/software/systemd/man/latest/machine-id.html */
  readonly machineId: string;
  /** MTU of its network card, in bytes. */
  readonly mtu: number;
  /**
   * Ports at which its packet filter drops other hosts' packets. Missing in a state that an earlier release wrote.
   *
   * @example ["tcp 10250 (table inet filter, chain input)"]
   */
  readonly closed?: readonly string[];
  /** The host's time. */
  readonly clock: number;
  /** Pulumi's time before the login; null where the preflight is no first run. */
  readonly asked: number | null;
}

/** Parses a preflight's result. @throws Error where the text is no such result */
export function parsePreflightFacts(text: string): PreflightFacts {
  const facts = JSON.parse(text) as PreflightFacts | null;
  const { machineId, mtu, clock, asked } = facts ?? {};
  const numbers = typeof mtu === "number" && typeof clock === "number" && (asked === null || typeof asked === "number");
  if (!facts || typeof machineId !== "string" || !numbers) throw new Error("no facts of a preflight");
  return facts;
}

/** A preflight's result, and when it arrived. */
export interface HostFacts extends PreflightFacts {
  /** Pulumi's time when the program read the result: at the first run soon after the host printed it, later at any time. */
  readonly answered: number;
}

/**
 * Reads a preflight's result, or says why it can't be read.
 *
 * @param answered Pulumi's time, in seconds since 1970
 */
export function readFacts(host: string, printed: string, answered: number): HostFacts | Unreadable {
  try {
    return { ...readKeptResult(printed, parsePreflightFacts, { host, step: "preflight" }), answered };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { unreadable: reasonOf(error) };
  }
}

/** A preflight without a result. */
interface Unreadable {
  /** Sentence for the user (KK782). */
  readonly unreadable: string;
}

/**
 * Finds reasons why hosts that passed their own preflights can't form one cluster.
 *
 * @returns a sentence for each mistake. If results can't be read, only these are listed.
 */
export function togetherMistakes(all: ReadonlyMap<string, HostFacts | Unreadable>): string[] {
  const unreadable = [...all.values()].flatMap((each) => ("unreadable" in each ? each.unreadable : []));
  if (unreadable.length) return unreadable;
  const facts = all as ReadonlyMap<string, HostFacts>;
  return [...identityMistakes(facts), ...mtuMistakes(facts), ...filterMistakes(facts), ...clockMistakes(facts)];
}

/**
 * Maximum clock skew between a host and the median, in seconds. An API server rejects a service account's token that is issued more
 * than a minute in the future. Other limits are wider: kubeadm backdates certificates by five minutes, and Kafka accepts records
 * up to an hour ahead (`message.timestamp.after.max.ms`).
 *
 * @see https://pkg.go.dev/gopkg.in/go-jose/go-jose.v2/jwt#pkg-constants DefaultLeeway
 */
const MAX_CLOCK_SKEW = 60;

/** Clocks that differ too much. Pulumi's own clock counts, too, since it verifies the hosts' certificates. */
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

/** Clock skew beyond what the SSH round trip explains, in seconds. */
function skewOf({ clock, asked, answered }: HostFacts): number {
  return Math.max(0, clock - answered) || Math.min(0, clock - (asked ?? clock));
}

/** The median; of two middle numbers, the one nearer to 0. */
function medianOf(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((one, other) => one - other);
  const [low, high] = [sorted[(sorted.length - 1) >> 1]!, sorted[sorted.length >> 1]!];
  return Math.abs(low) < Math.abs(high) ? low : high;
}

/** Hosts with different MTUs. A host silently drops packets above its card's MTU, so that only large packets would fail. */
function mtuMistakes(facts: ReadonlyMap<string, HostFacts>): string[] {
  const byMtu = Map.groupBy(facts, ([, { mtu }]) => mtu);
  if (byMtu.size < 2) return [];
  const groups = [...byMtu].map(([mtu, hosts]) => `${mtu} on ${hosts.map(([name]) => name).join(" and ")}`);
  return [
    `hosts have different MTUs: ${groups.join(", ")}; give all the same: sudo ip link set CARD mtu NUMBER [KK722]`,
  ];
}

/** Packet filters that drop other hosts' packets. A single host has no others. */
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
 * Machine ids that several hosts share: one machine under two names, or copies of a machine. Calico and the kubelet tell hosts
 * apart by the machine id.
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
