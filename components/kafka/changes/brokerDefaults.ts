import { isMistake, parseAnswer } from "../../failures";
import { Deadline, Fatal } from "../../programs/inPod/waiting";
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

/** A topic with the settings that it doesn't take from the brokers. */
interface OwnSettings {
  readonly name: string;
  readonly config: Settings;
}

/** How other defaults of the brokers let Kafka delete records that it keeps now. */
export interface DefaultsDeletion {
  /** By the topics' names of settings, with the defaults before and after. None where no record goes. */
  readonly deletions: readonly RecordDeletion[];
  /** Names of the topics that have such records. */
  readonly topics: readonly string[];
}

/** What consumers' positions are kept in. */
const POSITIONS = "__consumer_offsets";
const DEADLINE_SECONDS = 120;
const MOST_NAMES = 5;
/** One topic of each kind: a change of defaults that deletes records of any topic deletes records of one of these. */
const ANY_TOPICS: readonly OwnSettings[] = [
  ...["delete", "compact"].map((policy) => ({ name: policy, config: { "cleanup.policy": policy } })),
  { name: "with limits of its own", config: { "retention.ms": "0" } },
  { name: "without settings of its own", config: {} },
  { name: POSITIONS, config: {} },
];

/**
 * What a change of the brokers' defaults deletes in topics. A setting of a topic's own overrides the default, and Kafka's own topics
 * have their own but for how long consumers' positions are kept.
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
 * Asks a running Kafka which of its topics lose records when its brokers get other defaults. What was set for all brokers while they
 * ran stays in effect. Kafka isn't asked where no topic can lose any.
 *
 * @param before undefined where it isn't known: then what a broker has in effect
 * @throws Error where Kafka doesn't answer
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

/** What brokers keep by default, as the StatefulSet's annotation has it; undefined where an earlier version has made it. */
export function defaultsOf({ metadata: { name, annotations = {} } }: StatefulSet): Settings | undefined {
  const noted = annotations[DEFAULTS_ANNOTATION];
  return noted === undefined
    ? undefined
    : parseAnswer<Settings>(`the annotation ${DEFAULTS_ANNOTATION} of ${name}`, noted);
}

/**
 * Refuses defaults of the brokers by which records would be deleted, before the brokers' StatefulSet gets them.
 *
 * @param set the brokers' StatefulSet as it is; undefined where there is none yet
 * @param deadline by when Kafka has to answer
 * @throws Fatal that says which settings and topics these are, or why Kafka can't be asked for them
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
      throw new Fatal(whyDefaultsWait(before, defaults, error.message), { cause: error });
    });
  const refusal = whyDefaultsStay(found);
  if (refusal !== undefined) throw new Fatal(refusal);
}

/** Why brokers can't get other defaults; undefined where no record goes. */
export function whyDefaultsStay({ deletions, topics }: DefaultsDeletion): string | undefined {
  if (deletions.length === 0) return undefined;
  return (
    `kafka.properties would change the brokers' defaults, ${changesIn(deletions)}: Kafka could delete records of ` +
    `${named(topics)} that it keeps now. Set ${backIn(deletions)} to keep them. ${allowance} No broker was touched. [KK814]`
  );
}

/** Why brokers can't get other defaults as long as Kafka can't be asked which topics lose records. */
function whyDefaultsWait(before: Settings | undefined, after: Settings, failure: string): string {
  const { deletions } = before ? deletionsByDefaults(before, after) : { deletions: [] };
  const keep = deletions.length > 0 ? `, and until then set ${backIn(deletions)}` : "";
  return (
    `${unseenDeletion(before, after, failure)}. Let Kafka come up first${keep}. ${allowance} ` +
    `No broker was touched. [KK815]`
  );
}

/** What isn't known where Kafka can't be asked. */
export function unseenDeletion(before: Settings | undefined, after: Settings, failure: string): string {
  const { deletions } = before ? deletionsByDefaults(before, after) : { deletions: [] };
  const by = deletions.length > 0 ? ` by other defaults of the brokers, ${changesIn(deletions)}` : "";
  return `Kafka can't be asked whether it would delete records that it keeps now${by}: ${failure}`;
}

/** What is shown where the config allows that records go. */
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
