/** How close brokers came to being fenced, according to one Kafka node's log. */
export interface Liveness {
  /** When the node, as the active controller, fenced a broker that was silent. */
  readonly fencings: readonly BrokerLine[];
  /** When the node, as a broker, was stopped cleanly. Afterwards it is fenced as a silent one, too. */
  readonly stops: readonly BrokerLine[];
  /** The longest time that no heartbeat of the node, as a serving broker, reached the active controller. */
  readonly longestSilenceSeconds: number;
}

/** What a line of the log says about a broker. */
interface BrokerLine {
  readonly broker: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly line: string;
}

/** Longer than a broker takes to hand over, stop and restart. It is fenced nine seconds after its last heartbeat. */
const STOPPED_FOR_MS = 60_000;
/** `broker.heartbeat.interval.ms`: the last heartbeat that got through was sent so long before the first one that didn't. */
const INTERVAL_MS = 2000;
/** One may fail after as long as that, and the next one is sent after as long again. Between failures further apart, one got through. */
const IN_A_ROW_MS = 2 * INTERVAL_MS + 500;

const FENCING = /Fencing broker (\d+) .*because its session has timed out/;
const STOPS = /\[BrokerLifecycleManager id=(\d+)\] .*Beginning controlled shutdown/;
const FAILURE = /Unable to send broker heartbeat for|sent a heartbeat request but received error/;
const SERVES = /The broker has been unfenced\. Transitioning from RECOVERY to RUNNING/;
/** The broker registers, or hands its leadership over: then the others continue without it. */
const SERVES_NOT = /is now STARTING|Beginning controlled shutdown/;

/**
 * Reads the log of a node, in the words of Kafka 4.3. A controller keeps the time since each broker's last heartbeat as a metric
 * (TimeSinceLastHeartbeatReceivedMs), which only JMX gives out.
 *
 * @param log of a node that serves already, up to its end, or from its start on
 * @throws Error where it says neither that the broker starts nor that it stops: it isn't such a log, or has other words
 */
export function livenessIn(log: string): Liveness {
  const lines = log.split("\n");
  let serves: boolean | undefined;
  let failures: { readonly first: number; readonly last: number } | undefined;
  let longest = 0;
  for (const line of lines) {
    if (SERVES.test(line)) serves = true;
    if (SERVES_NOT.test(line)) serves = false;
    if (serves === false || !FAILURE.test(line)) continue;
    const last = timeOf(line);
    failures = { first: failures && last - failures.last <= IN_A_ROW_MS ? failures.first : last, last };
    longest = Math.max(longest, INTERVAL_MS + failures.last - failures.first);
  }
  if (serves === undefined) throw new Error(`a log that doesn't say when its broker serves: ${log.slice(-1000)}`);
  return {
    fencings: lines.flatMap((line) => brokerIn(FENCING, line)),
    stops: lines.flatMap((line) => brokerIn(STOPS, line)),
    longestSilenceSeconds: longest / 1000,
  };
}

function brokerIn(pattern: RegExp, line: string): BrokerLine[] {
  const broker = pattern.exec(line)?.[1];
  return broker === undefined ? [] : [{ broker: Number(broker), at: timeOf(line), line }];
}

/** From all nodes' logs: the brokers that were fenced without being stopped, and the longest silence. */
export function worstOf(all: readonly Liveness[]): { fencedInService: string[]; longestSilenceSeconds: number } {
  const stops = all.flatMap((each) => each.stops);
  const wasStopped = ({ broker, at }: BrokerLine): boolean =>
    stops.some((stop) => stop.broker === broker && stop.at <= at && at - stop.at < STOPPED_FOR_MS);
  return {
    fencedInService: all.flatMap(({ fencings }) =>
      fencings.filter((each) => !wasStopped(each)).map(({ line }) => line),
    ),
    longestSilenceSeconds: Math.max(...all.map(({ longestSilenceSeconds }) => longestSilenceSeconds)),
  };
}

/** As log4j2.properties has it: `[2026-11-28 09:03:45,123] INFO …`. */
function timeOf(line: string): number {
  const [, date, time, milliseconds] = /^\[(\S+) (\S+),(\d{3})\]/.exec(line) ?? [];
  const at = Date.parse(`${date}T${time}.${milliseconds}Z`);
  if (Number.isNaN(at)) throw new Error(`a line of Kafka's log without a time: ${line}`);
  return at;
}
