import type { PartitionCopies } from "./moves";
import type { TopicSpec } from "./task";

/** A topic as Kafka has it. */
export interface Topic {
  readonly name: string;
  /** While they move, with the copies that they will have. */
  readonly partitions: readonly PartitionCopies[];
  /** Settings of its own, in Kafka's spelling. What it doesn't have comes from the brokers. */
  readonly config: Readonly<Record<string, string>>;
}

/** In what a topic isn't as it has to be, such as `retention.ms is 1000, not 60000`. */
export function differences(wanted: TopicSpec, found: Topic | undefined): string[] {
  if (!found) return ["it isn't there"];
  const { partitions, config } = found;
  const copies = partitions.map(({ replicas }) => replicas.length).find((each) => each !== wanted.replicationFactor);
  return [
    ...(partitions.length === wanted.partitions ? [] : [`partitions: ${partitions.length}, not ${wanted.partitions}`]),
    ...(copies === undefined ? [] : [`replicationFactor: ${copies}, not ${wanted.replicationFactor}`]),
    ...Object.entries(settingsToMake(wanted, found)).map(
      ([name, value]) => `${name} is ${config[name] ?? "not set"}, not ${value ?? "the brokers' default"}`,
    ),
  ];
}

/** Settings that the topic lacks, and null for those that it has too many. */
export function settingsToMake(wanted: TopicSpec, found: Topic): Record<string, string | null> {
  const lacking = Object.entries(wanted.config).filter(([name, value]) => !isSame(value, found.config[name]));
  const unwanted = Object.keys(found.config).filter((name) => !(name in wanted.config));
  return Object.fromEntries([...lacking, ...unwanted.map((name) => [name, null] as const)]);
}

/** Why a topic can't become what it has to be; undefined where it can. */
export function whyItCannotBe({ name, partitions }: TopicSpec, found: Topic | undefined): string | undefined {
  const there = found?.partitions.length ?? 0;
  if (there <= partitions) return undefined;
  return (
    `${name} has ${there} partitions and would be left with ${partitions}. Records would be lost with those that go, ` +
    `so partitions only grow. Set their number in kafka.topics to at least ${there}, or make another topic and move ` +
    `its clients there. The topic was not touched. [KK805]`
  );
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
