import type { PartitionReplicas } from "./moves";
import { recordDeletions, type RecordDeletion } from "../settings/recordDeletion";
import type { TopicSpec } from "./task";

/** A topic as Kafka has it. */
export interface Topic {
  readonly name: string;
  /** Kafka's id of it: a topic that is created again under the same name has another one. */
  readonly id: string;
  /** The partitions; those that move have their target replicas. */
  readonly partitions: readonly PartitionReplicas[];
  /** The topic's own settings, in Kafka's spelling. For all others, the brokers' defaults apply. */
  readonly config: Readonly<Record<string, string>>;
  /** The brokers' defaults of the settings that decide which records are deleted. */
  readonly defaults: Readonly<Record<string, string>>;
}

/**
 * How a topic differs from the config.
 *
 * @param configured names of the settings that the config has set before
 * @example ["partitions: 3, not 6", "retention.ms is 1000, not 60000"]
 */
export function differences(wanted: TopicSpec, found: Topic | undefined, configured: readonly string[]): string[] {
  if (!found) return ["it isn't there"];
  const { partitions, config } = found;
  const factor = partitions.map(({ replicas }) => replicas.length).find((each) => each !== wanted.replicationFactor);
  return [
    ...(partitions.length === wanted.partitions ? [] : [`partitions: ${partitions.length}, not ${wanted.partitions}`]),
    ...(factor === undefined ? [] : [`replicationFactor: ${factor}, not ${wanted.replicationFactor}`]),
    ...Object.entries(settingsToMake(wanted, found, configured)).map(
      ([name, value]) => `${name} is ${config[name] ?? "not set"}, not ${value ?? "the brokers' default"}`,
    ),
  ];
}

/**
 * Settings to change: those that differ from the config, and null for those taken out of the config. Others stay.
 *
 * @param configured names of the settings that the config has set before
 */
export function settingsToMake(
  wanted: TopicSpec,
  found: Topic,
  configured: readonly string[],
): Record<string, string | null> {
  const lacking = Object.entries(wanted.config).filter(([name, value]) => !isSame(value, found.config[name]));
  const unwanted = configured.filter((name) => name in found.config && !(name in wanted.config));
  return Object.fromEntries([...lacking, ...unwanted.map((name) => [name, null] as const)]);
}

/** Changes of the topic's settings that may delete records which it keeps now. */
export function deletionsOf(
  wanted: TopicSpec,
  found: Topic | undefined,
  configured: readonly string[],
): RecordDeletion[] {
  if (!found) return [];
  return recordDeletions(
    { ...found.defaults, ...found.config },
    { ...found.defaults, ...ownAfter(wanted, found, configured) },
  );
}

/** The topic's own settings after the change. */
function ownAfter(wanted: TopicSpec, found: Topic, configured: readonly string[]): Record<string, string> {
  const settings = { ...found.config, ...settingsToMake(wanted, found, configured) };
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  );
}

/** Why a topic can't be changed to what the config says; undefined if it can. */
export function whyItCannotBe(
  wanted: TopicSpec,
  found: Topic | undefined,
  configured: readonly string[],
): string | undefined {
  return (
    fewerPartitions(wanted, found) ??
    deletedRecords(wanted, deletionsOf(wanted, found, configured)) ??
    (found && fewerReplicasThanInSync(wanted, found, ownAfter(wanted, found, configured)))
  );
}

function fewerPartitions({ name, partitions }: TopicSpec, found: Topic | undefined): string | undefined {
  const current = found?.partitions.length ?? 0;
  if (current <= partitions) return undefined;
  return (
    `${name} has ${current} partitions and would be left with ${partitions}. Records would be lost with those that go, ` +
    `so partitions only grow. Set their number in kafka.topics to at least ${current}, or make another topic and move ` +
    `its clients there. The topic was not touched. [KK805]`
  );
}

function deletedRecords(wanted: TopicSpec, deletions: readonly RecordDeletion[]): string | undefined {
  const [first] = deletions;
  if (!first || wanted.allowRecordDeletion) return undefined;
  const changes = deletions.map(({ setting, from, to }) => `${setting} from ${from} to ${to}`).join(", ");
  return (
    `${wanted.name} would change ${changes}: Kafka could delete records that it keeps now. Set ` +
    `${keyOf(wanted)}.config["${first.setting}"] to ${first.from} to keep them. If they may go, set ` +
    `${keyOf(wanted)}.allowRecordDeletion to true, and take that out again afterwards. The topic was not touched. [KK810]`
  );
}

function fewerReplicasThanInSync(
  wanted: TopicSpec,
  { partitions }: Topic,
  config: Readonly<Record<string, string>>,
): string | undefined {
  const { name, replicationFactor } = wanted;
  const most = Math.max(...partitions.map(({ replicas }) => replicas.length));
  const minimum = Number(config["min.insync.replicas"] ?? 0);
  if (most <= replicationFactor || minimum <= replicationFactor) return undefined;
  return (
    `${name} has min.insync.replicas ${minimum} of its own and would be left with ${replicationFactor} replicas, all of which ` +
    `acks=all would then wait for. Set ${keyOf(wanted)}.config["min.insync.replicas"] to less than ` +
    `${Math.max(2, replicationFactor)}, or keep ${most} replicas. The topic was not touched. [KK811]`
  );
}

/** The topic's key in the config, as `pulumi config set --path` takes it. */
function keyOf({ name }: TopicSpec): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? `kafka.topics.${name}` : `kafka.topics["${name}"]`;
}

/**
 * Compares values regardless of spelling: Kafka turns `0.50` into `0.5`, and `compact, delete` into `compact,delete`.
 */
function isSame(wanted: string, found: string | undefined): boolean {
  if (found === undefined) return false;
  const normalized = (value: string): string =>
    value
      .trim()
      .toLowerCase()
      .replace(/\s*,\s*/g, ",");
  return (
    normalized(wanted) === normalized(found) || (![wanted, found].includes("") && Number(wanted) === Number(found))
  );
}
