/** How close brokers came to being fenced, according to one Kafka node's log. */
export interface Liveness {
  /** Lines in which the node, as the active controller, fenced a silent broker. */
  readonly fencings: readonly BrokerLine[];
  /** Lines in which the node, as a broker, began a clean stop. It is fenced afterwards, which is no fault. */
  readonly stops: readonly BrokerLine[];
  /** The longest time that no heartbeat of the node, as a serving broker, reached the active controller. */
  readonly longestSilenceSeconds: number;
}

/** A line of the log about a broker. */
interface BrokerLine {
  readonly broker: number;
  /** In milliseconds since 1970. */
  readonly at: number;
  readonly line: string;
}

/** A fencing this soon after a stop follows from it: longer than a broker takes to move leaders, stop and restart. */
const STOPPED_FOR_MS = 60_000;
/** `broker.heartbeat.interval.ms`: time between the last successful heartbeat and the first failed one. */
const INTERVAL_MS = 2000;
/** A heartbeat may time out after one interval, and the next one starts after another. If failures are further apart, one succeeded between. */
const IN_A_ROW_MS = 2 * INTERVAL_MS + 500;

const FENCING = /Fencing broker (\d+) .*because its session has timed out/;
const STOPS = /\[BrokerLifecycleManager id=(\d+)\] .*Beginning controlled shutdown/;
const FAILURE = /Unable to send broker heartbeat for|sent a heartbeat request but received error/;
const SERVES = /The broker has been unfenced\. Transitioning from RECOVERY to RUNNING/;
/** The broker starts, or moves its leaders away to stop: the others continue without it. */
const SERVES_NOT = /is now STARTING|Beginning controlled shutdown/;

/**
 * Reads the log of a node of Kafka 4.3. The controller's metric TimeSinceLastHeartbeatReceivedMs has the time since each broker's last
 * heartbeat, too, but only JMX exposes it.
 *
 * @param log from the node's start, or from a moment when its broker serves until its end
 * @throws Error if no line tells whether the broker serves: the text isn't such a log, or Kafka's messages have changed
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

/** From all nodes' logs, the lines that fence a broker without a clean stop before, and the longest silence. */
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

/** @param line in the format of log4j2.properties: `[2026-11-28 09:03:45,123] INFO …` */
function timeOf(line: string): number {
  const [, date, time, milliseconds] = /^\[(\S+) (\S+),(\d{3})\]/.exec(line) ?? [];
  const at = Date.parse(`${date}T${time}.${milliseconds}Z`);
  if (Number.isNaN(at)) throw new Error(`a line of Kafka's log without a time: ${line}`);
  return at;
}
