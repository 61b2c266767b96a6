import { type Definition, wantedInstead } from "./knownProperties";
import type { KafkaProperties, PropertyMistake } from "../plan/properties";

/** A setting's name, or a number. */
type Side = string | number;
interface Exception {
  /** The larger side means "no limit" up to this number. */
  readonly unlimited?: number;
  /** Factor by which the smaller side is multiplied. @default 1 */
  readonly each?: number;
  /** Settings that override the larger side. */
  readonly unless?: readonly string[];
}
type Comparison = readonly [smaller: Side, relation: "<" | "<=", larger: Side, exception?: Exception];

/**
 * Comparisons of settings that Kafka makes at its start, beside the ranges in its definitions. If one doesn't hold, the
 * broker ends at once.
 *
 * @see https://github.com/apache/kafka KafkaConfig.validateValues, GroupCoordinatorConfig.validate and
 *   ShareGroupConfig.validate
 */
const COMPARISONS: readonly Comparison[] = [
  [1, "<=", "log.retention.ms", { unlimited: -1 }],
  [1, "<=", "log.retention.minutes", { unlimited: -1, unless: ["log.retention.ms"] }],
  [1, "<=", "log.retention.hours", { unlimited: -1, unless: ["log.retention.ms", "log.retention.minutes"] }],
  [1, "<=", "log.roll.ms"],
  [0, "<=", "log.roll.jitter.ms"],
  [1, "<=", "log.cleaner.threads"],
  ["log.cleaner.threads", "<=", "log.cleaner.dedupe.buffer.size", { each: 2 ** 20 + 1 }],
  ["log.cleaner.min.compaction.lag.ms", "<=", "log.cleaner.max.compaction.lag.ms"],
  ["replica.fetch.wait.max.ms", "<=", "replica.socket.timeout.ms"],
  ["replica.fetch.wait.max.ms", "<=", "replica.lag.time.max.ms"],
  ["connection.failed.authentication.delay.ms", "<", "connections.max.idle.ms", { unlimited: -1 }],
  ["socket.request.max.bytes", "<=", "queued.max.request.bytes", { unlimited: 0 }],
  ...["offsets.topic", "share.coordinator.state.topic"].flatMap((topic): Comparison[] => [
    [0, "<=", `${topic}.compression.codec`],
    [`${topic}.compression.codec`, "<=", 4],
  ]),
  // Brokers with other values start, but are fenced between two heartbeats.
  ["broker.heartbeat.interval.ms", "<", "broker.session.timeout.ms"],
  // Brokers with other values start, but refuse every session timeout of consumers in classic groups.
  ["group.min.session.timeout.ms", "<=", "group.max.session.timeout.ms"],
  // Brokers with smaller values start, but can't create these topics of Kafka's own.
  ...["offsets.topic", "share.coordinator.state.topic", "transaction.state.log"].map((topic): Comparison => [
    2 ** 20,
    "<=",
    `${topic}.segment.bytes`,
  ]),
  ...["group.consumer", "group.share", "group.streams"].flatMap((group): Comparison[] => [
    ...["session.timeout.ms", "heartbeat.interval.ms", "assignment.interval.ms"].flatMap((setting) =>
      betweenMinAndMax(group, setting),
    ),
    [`${group}.heartbeat.interval.ms`, "<", `${group}.session.timeout.ms`],
  ]),
  ...["delivery.count.limit", "partition.max.record.locks", "record.lock.duration.ms"].flatMap((setting) =>
    betweenMinAndMax("group.share", setting),
  ),
  ["group.share.max.size", "<=", "group.share.max.share.sessions"],
  ["group.streams.num.standby.replicas", "<=", "group.streams.max.standby.replicas"],
  ["group.streams.num.warmup.replicas", "<=", "group.streams.max.warmup.replicas"],
  ["group.streams.min.task.offset.interval.ms", "<=", "group.streams.task.offset.interval.ms"],
];

/** Comparisons of a topic's settings, with the brokers' defaults for those that it doesn't set. */
const TOPIC_COMPARISONS: readonly Comparison[] = [["min.compaction.lag.ms", "<=", "max.compaction.lag.ms"]];

function betweenMinAndMax(group: string, setting: string): Comparison[] {
  return [
    [`${group}.min.${setting}`, "<=", `${group}.${setting}`],
    [`${group}.${setting}`, "<=", `${group}.max.${setting}`],
    [`${group}.min.${setting}`, "<=", `${group}.max.${setting}`],
  ];
}

interface Compared {
  readonly own: KafkaProperties;
  /** Defaults of settings that `own` lacks, by the same names. */
  readonly inherited?: KafkaProperties;
  readonly definitions: Readonly<Record<string, Definition>>;
  readonly secret?: boolean | undefined;
}

/** Broker properties that contradict each other. Each pair is reported at one of its names. */
export function comparedProperties(compared: Compared): PropertyMistake[] {
  return COMPARISONS.flatMap((each) => compare(each, compared));
}

/** A topic's settings that contradict each other or the brokers' defaults. */
export function comparedTopicSettings(compared: Compared, brokers: KafkaProperties): PropertyMistake[] {
  const ofBrokers = Object.entries(brokers).map(([name, value]) => [name.replace(/^log\.cleaner\./, ""), value]);
  const inherited = Object.fromEntries(ofBrokers) as KafkaProperties;
  return TOPIC_COMPARISONS.flatMap((each) => compare(each, { ...compared, inherited }));
}

function compare([smaller, relation, larger, exception = {}]: Comparison, compared: Compared): PropertyMistake[] {
  const { own, secret = false } = compared;
  const { unlimited = -Infinity, each = 1, unless = [] } = exception;
  const name = [smaller, larger].find((side): side is string => typeof side === "string" && side in own);
  const [less, more] = [valueOf(smaller, compared) * each, valueOf(larger, compared)];
  if (name === undefined || unless.some((other) => other in own) || Number.isNaN(less + more)) return [];
  if (more <= unlimited || (relation === "<" ? less < more : less <= more)) return [];

  const shown = secret ? "its value" : String(own[name]);
  const factor = each === 1 ? "" : `${each} times `;
  if (name === smaller) {
    const words = relation === "<" ? "below" : "at most";
    return mistake(name, larger, `${factor}${shown} must be ${words} ${sideInWords(larger, compared)}`);
  }
  const words = relation === "<" ? "above" : "at least";
  const orNoLimit = exception.unlimited === undefined ? "" : ", or -1, which is no limit";
  return mistake(name, smaller, `${shown} must be ${words} ${factor}${sideInWords(smaller, compared)}${orNoLimit}`);
}

function mistake(name: string, other: Side, message: string): PropertyMistake[] {
  return [{ name, kind: typeof other === "number" ? "value" : "conflict", message }];
}

/**
 * A side's value; NaN, which fails no comparison, if the release doesn't have the setting or the value is a mistake
 * itself.
 */
function valueOf(side: Side, { own, inherited = {}, definitions }: Compared): number {
  if (typeof side === "number") return side;
  const definition = definitions[side];
  if (!definition) return NaN;
  const value = own[side] ?? inherited[side];
  if (value === undefined) return definition.default ?? NaN;
  return wantedInstead(definition, String(value)) === undefined ? Number(String(value)) : NaN;
}

function sideInWords(side: Side, { own, inherited = {}, definitions, secret }: Compared): string {
  if (typeof side === "number") return String(side);
  if (side in own) return secret ? side : `${side}, which is ${own[side]}`;
  if (side in inherited)
    return secret ? `${side}, which the brokers have` : `${side}, which is ${inherited[side]} on the brokers`;
  return `${side}, which is ${definitions[side]!.default} by default`;
}
