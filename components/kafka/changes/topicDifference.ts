import type { PartitionCopies } from "./moves";
import { recordDeletions, type RecordDeletion } from "../settings/recordDeletion";
import type { TopicSpec } from "./task";

/** A topic as Kafka has it. */
export interface Topic {
  readonly name: string;
  /** While they move, with the copies that they will have. */
  readonly partitions: readonly PartitionCopies[];
  /** Settings of its own, in Kafka's spelling. What it doesn't have comes from the brokers. */
  readonly config: Readonly<Record<string, string>>;
  /** What holds without settings of its own, of the settings that decide which records are deleted. */
  readonly defaults: Readonly<Record<string, string>>;
}

/**
 * How a topic differs from what it has to be, such as `retention.ms is 1000, not 60000`.
 *
 * @param configured names of the settings that the config has set before
 */
export function differences(wanted: TopicSpec, found: Topic | undefined, configured: readonly string[]): string[] {
  if (!found) return ["it isn't there"];
  const { partitions, config } = found;
  const copies = partitions.map(({ replicas }) => replicas.length).find((each) => each !== wanted.replicationFactor);
  return [
    ...(partitions.length === wanted.partitions ? [] : [`partitions: ${partitions.length}, not ${wanted.partitions}`]),
    ...(copies === undefined ? [] : [`replicationFactor: ${copies}, not ${wanted.replicationFactor}`]),
    ...Object.entries(settingsToMake(wanted, found, configured)).map(
      ([name, value]) => `${name} is ${config[name] ?? "not set"}, not ${value ?? "the brokers' default"}`,
    ),
  ];
}

/**
 * Settings that the topic lacks, and null for those that were taken out of the config. What others have set stays.
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

/** Changes of its settings by which records may be deleted that the topic keeps now. */
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

/** Why a topic can't become what it has to be; undefined where it can. */
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

/** The topic's place in the config, as `pulumi config set --path` takes it. */
function keyOf({ name }: TopicSpec): string {
  return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name) ? `kafka.topics.${name}` : `kafka.topics["${name}"]`;
}

/** Kafka spells some values in its own way: `0.50` as `0.5`, `compact, delete` as `compact,delete`. */
function isSame(wanted: string, found: string | undefined): boolean {
  if (found === undefined) return false;
  const plain = (value: string): string =>
    value
      .trim()
      .toLowerCase()
      .replace(/\s*,\s*/g, ",");
  return plain(wanted) === plain(found) || (![wanted, found].includes("") && Number(wanted) === Number(found));
}
