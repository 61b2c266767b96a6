import { Fatal, isMistake, parseAnswer, reasonOf } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import { brokerSettings, sharedDynamicSettings, topicSettings } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { layoutOf } from "../protocol/partitions";
import { DEFAULTS_ANNOTATION } from "../plan/annotations";
import type { StatefulSet } from "./workloads";
import {
  BROKER_SETTINGS,
  brokerSettingOf,
  isLower,
  POSITIONS_KEPT,
  type RecordDeletion,
  recordDeletions,
  type Settings,
  topicDefaults,
} from "../settings/recordDeletion";
import { OWN_TOPICS } from "./durability";
import type { ChangeTask } from "./task";

/** A topic and the settings of its own, which override the brokers' defaults. */
interface OwnSettings {
  readonly name: string;
  readonly config: Settings;
}

/** Records that Kafka would delete because of changed defaults of the brokers. */
export interface DefaultsDeletion {
  /** The changed defaults, under the names of topic settings. Empty if no records would be deleted. */
  readonly deletions: readonly RecordDeletion[];
  /** Names of the topics that would lose records. */
  readonly topics: readonly string[];
}

/** Topic of the consumers' committed offsets. */
const POSITIONS = "__consumer_offsets";
const DEADLINE_SECONDS = 120;
const MOST_NAMES = 5;
/** One topic of each kind. A change of defaults that deletes records of any topic deletes records of one of these. */
const ANY_TOPICS: readonly OwnSettings[] = [
  ...["delete", "compact"].map((policy) => ({ name: policy, config: { "cleanup.policy": policy } })),
  { name: "with limits of its own", config: { "retention.ms": "0" } },
  { name: "without settings of its own", config: {} },
  { name: POSITIONS, config: {} },
];

/**
 * Records of topics that a change of the brokers' defaults deletes. A topic's own setting overrides the default.
 * Kafka's own topics have settings of their own, except for how long committed offsets are kept.
 */
export function deletionsByDefaults(
  before: Settings,
  after: Settings,
  topics: readonly OwnSettings[] = ANY_TOPICS,
): DefaultsDeletion {
  const found = topics
    .map(({ name, config }) => ({ name, deletions: deletionsIn({ name, config }, before, after) }))
    .filter(({ deletions }) => deletions.length > 0);
  const bySetting = new Map(found.flatMap(({ deletions }) => deletions.map((each) => [each.setting, each])));
  return { deletions: [...bySetting.values()], topics: found.map(({ name }) => name).sort() };
}

function deletionsIn({ name, config }: OwnSettings, before: Settings, after: Settings): RecordDeletion[] {
  if (!OWN_TOPICS.some((each) => each === name)) {
    return recordDeletions({ ...before, ...config }, { ...after, ...config });
  }
  const [from, to] = [before[POSITIONS_KEPT] ?? "unknown", after[POSITIONS_KEPT] ?? "unknown"];
  return name === POSITIONS && isLower(Number(to), Number(from)) ? [{ setting: POSITIONS_KEPT, from, to }] : [];
}

/**
 * Asks a running Kafka which topics would lose records if its brokers got other defaults. Dynamic settings for all
 * brokers override these defaults. Kafka isn't asked if no topic can lose records.
 *
 * @param before defaults until now; undefined if unknown, then those in effect on a broker are used
 * @throws Error if Kafka doesn't answer
 * @see KIP-226 (dynamic broker settings)
 */
export async function askForDeletions(
  kafka: Connection,
  before: Settings | undefined,
  after: Settings,
): Promise<DefaultsDeletion> {
  if (before && deletionsByDefaults(before, after).deletions.length === 0) return { deletions: [], topics: [] };
  const { brokers, partitions } = await layoutOf(kafka);
  const [broker] = brokers;
  if (!broker) throw new Error("no broker serves");
  const { id } = broker;
  const inEffect = before ?? topicDefaults(await brokerSettings(kafka, id, BROKER_SETTINGS));
  const dynamic = topicDefaults(await sharedDynamicSettings(kafka, id, BROKER_SETTINGS));
  const names = [...new Set(partitions.map(({ topic }) => topic))];
  const settings = names.length > 0 ? await topicSettings(kafka, names) : new Map<string, Settings>();
  const topics = names.map((name) => ({ name, config: settings.get(name) ?? {} }));
  return deletionsByDefaults({ ...inEffect, ...dynamic }, { ...after, ...dynamic }, topics);
}

/** The brokers' defaults from the StatefulSet's annotation; undefined if a version without this annotation made it. */
export function defaultsOf({ metadata: { name, annotations = {} } }: StatefulSet): Settings | undefined {
  const noted = annotations[DEFAULTS_ANNOTATION];
  return noted === undefined
    ? undefined
    : parseAnswer<Settings>(`the annotation ${DEFAULTS_ANNOTATION} of ${name}`, noted);
}

/**
 * Refuses defaults of the brokers that would delete records, before the brokers' StatefulSet gets them.
 *
 * @param set the brokers' StatefulSet as it is; undefined if there is none yet
 * @param deadline time limit for Kafka's answer
 * @throws Fatal with the settings and topics, or with the reason why Kafka can't be asked
 */
export async function refuseToDelete(
  kafka: Connection,
  set: StatefulSet | undefined,
  { defaults, allowRecordDeletion }: Pick<ChangeTask, "defaults" | "allowRecordDeletion">,
  deadline = new Deadline(DEADLINE_SECONDS),
): Promise<void> {
  if (!set || !defaults || allowRecordDeletion) return;
  const before = defaultsOf(set);
  const found = await deadline
    .answer("Kafka's answer", () => askForDeletions(kafka, before, defaults))
    .catch((error: Error) => {
      if (isMistake(error)) throw error;
      throw new Fatal(whyDefaultsWait(before, defaults, reasonOf(error)), { cause: error });
    });
  const refusal = whyDefaultsStay(found);
  if (refusal !== undefined) throw new Fatal(refusal);
}

/** Why the brokers can't get other defaults; undefined if no records would be deleted. */
export function whyDefaultsStay({ deletions, topics }: DefaultsDeletion): string | undefined {
  if (deletions.length === 0) return undefined;
  return (
    `kafka.properties would change the brokers' defaults, ${changesIn(deletions)}: Kafka could delete records of ` +
    `${named(topics)} that it keeps now. Set ${backIn(deletions)} to keep them. ${allowance} No broker was touched. [KK814]`
  );
}

/** Why the brokers can't get other defaults while Kafka can't be asked which topics would lose records. */
function whyDefaultsWait(before: Settings | undefined, after: Settings, failure: string): string {
  const { deletions } = before ? deletionsByDefaults(before, after) : { deletions: [] };
  const keep = deletions.length > 0 ? `, and until then set ${backIn(deletions)}` : "";
  return (
    `${unseenDeletion(before, after, failure)}. Let Kafka come up first${keep}. ${allowance} ` +
    `No broker was touched. [KK815]`
  );
}

/** What is unknown because Kafka can't be asked. */
export function unseenDeletion(before: Settings | undefined, after: Settings, failure: string): string {
  const { deletions } = before ? deletionsByDefaults(before, after) : { deletions: [] };
  const cause = deletions.length > 0 ? ` by other defaults of the brokers, ${changesIn(deletions)}` : "";
  return `Kafka can't be asked whether it would delete records that it keeps now${cause}: ${failure}`;
}

/** A warning: records that may be deleted because the config allows it. */
export function allowedDeletion({ deletions, topics }: DefaultsDeletion): string {
  return `Kafka may delete records of ${named(topics)}, as kafka.allowRecordDeletion allows: ${changesIn(deletions)}`;
}

const allowance = "If records may go, set kafka.allowRecordDeletion to true, and take that out again afterwards.";

function changesIn(deletions: readonly RecordDeletion[]): string {
  return deletions.map(({ setting, from, to }) => `${setting} from ${from} to ${to}`).join(", ");
}

function backIn(deletions: readonly RecordDeletion[]): string {
  return deletions.map(({ setting, from }) => `kafka.properties["${brokerSettingOf(setting)}"] to ${from}`).join(", ");
}

function named(topics: readonly string[]): string {
  const more = topics.length - MOST_NAMES;
  return topics.slice(0, MOST_NAMES).join(", ") + (more > 0 ? ` and ${more} more topics` : "");
}
