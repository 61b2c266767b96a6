import { Deadline, Fatal } from "../../programs/inPod/waiting";
import { brokerSettings, configure, topicSettings } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { layoutOf } from "../protocol/partitions";
import { createTopic, growTopic } from "../protocol/topics";
import { BROKER_SETTINGS, topicDefaults } from "../settings/recordDeletion";
import { THROTTLES } from "../settings/throttles";
import type { ConfiguredNames } from "./configuredNames";
import { refuseToFill, type NodesOfPods } from "./diskCheck";
import { planMoves, type Move } from "./moves";
import { moveCopies, plannedLayout, plannedMoves } from "./reassign";
import type { TopicReport, TopicSpec, TopicTask } from "./task";
import { differences, settingsToMake, whyItCannotBe, type Topic } from "./topicDifference";

const DEADLINE_SECONDS = 180;
/** Other topics' moves may take days; their Jobs notice a standstill themselves. */
const LONGEST_MOVES_SECONDS = Infinity;

/**
 * Makes a topic, or makes it as it has to be: settings first, which Kafka checks, then more partitions, then copies. Settings
 * that the config neither has nor had are left as they are.
 *
 * @param earlierJobs tells which topics' Jobs have to end before this one moves replicas: limits of the rate are for one at a time
 * @throws Fatal where partitions would have to go, or where Kafka doesn't take what is wanted; nothing was touched then
 */
export async function applyTopic(
  kafka: Connection,
  { topic, brokers, moveBytesPerSecond }: TopicTask,
  memory: ConfiguredNames,
  nodesOfPods: NodesOfPods,
  earlierJobs: () => Promise<string[]>,
  log: (line: string) => void,
): Promise<Omit<TopicReport, "seconds">> {
  let changed: string[] | undefined;
  await new Deadline(DEADLINE_SECONDS).waitUntil(`the topic ${topic.name} as configured`, async () => {
    const configured = await memory.read();
    const [found] = await topicsOf(kafka, [topic.name]);
    changed ??= differences(topic, found, configured);
    return nextStep(kafka, topic, found, configured, memory);
  });
  await memory.write(Object.keys(topic.config));

  let raised = {};
  let moves = await movesOf(kafka, topic, brokers);
  if (moves.length > 0 || (await isThrottled(kafka, topic.name))) {
    log("moving copies, after other topics have moved theirs");
    await new Deadline(LONGEST_MOVES_SECONDS, 2000).waitUntil("the end of other topics' moves", earlierJobs);
    moves = await movesOf(kafka, topic, brokers);
    await refuseToFill(kafka, moves, nodesOfPods, log);
    raised = await moveCopies(kafka, moves, moveBytesPerSecond, log);
  }
  return { changed: changed!, movedCopies: moves.reduce((sum, { adding }) => sum + adding.length, 0), ...raised };
}

/** Does what is to be done next, and says what; nothing where all but the copies is as it has to be. */
async function nextStep(
  kafka: Connection,
  topic: TopicSpec,
  found: Topic | undefined,
  configured: readonly string[],
  memory: ConfiguredNames,
): Promise<string[]> {
  const refusal = whyItCannotBe(topic, found, configured);
  if (refusal !== undefined) throw new Fatal(refusal);
  // Before they are made: an interrupted run must not leave settings that nobody takes for the config's.
  await memory.write([...new Set([...configured, ...Object.keys(topic.config)])]);
  if (!found) {
    await createTopic(kafka, topic);
    return ["it is being made"];
  }
  const settings = settingsToMake(topic, found, configured);
  if (Object.keys(settings).length > 0) {
    await configure(kafka, [{ of: { topic: topic.name }, settings }]);
    return ["its settings are being made"];
  }
  if (found.partitions.length < topic.partitions) {
    await growTopic(kafka, topic.name, topic.partitions);
    return ["partitions are being added"];
  }
  return [];
}

/** Those of the topics that there are. What only the moving of copies sets doesn't count. */
export async function topicsOf(kafka: Connection, names: readonly string[]): Promise<Topic[]> {
  const layout = Map.groupBy(await plannedLayout(kafka), ({ topic }) => topic);
  const existing = names.filter((name) => layout.has(name));
  if (existing.length === 0) return [];
  const settings = await topicSettings(kafka, existing);
  const [broker] = (await layoutOf(kafka)).brokers;
  if (!broker) throw new Error("no broker serves");
  const defaults = topicDefaults(await brokerSettings(kafka, broker.id, BROKER_SETTINGS));
  return existing.map((name) => {
    const config = Object.entries(settings.get(name) ?? {}).filter(([setting]) => !isThrottle(setting));
    return { name, partitions: layout.get(name)!, config: Object.fromEntries(config), defaults };
  });
}

/** Also where a run that was killed has left the limits. */
async function isThrottled(kafka: Connection, name: string): Promise<boolean> {
  return Object.keys((await topicSettings(kafka, [name], THROTTLES)).get(name) ?? {}).length > 0;
}

function isThrottle(setting: string): boolean {
  return (THROTTLES as readonly string[]).includes(setting);
}

function movesOf(kafka: Connection, topic: TopicSpec, brokers: readonly number[]): Promise<Move[]> {
  const copies = { [topic.name]: topic.replicationFactor };
  return plannedMoves(kafka, brokers, (partitions, targets) =>
    // All topics' replicas count for which brokers have least.
    planMoves(partitions, targets, { copies }).filter((each) => each.topic === topic.name),
  );
}
