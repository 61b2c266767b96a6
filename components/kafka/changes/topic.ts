import { Fatal } from "../../failures";
import type { Lease } from "../../programs/inPod/lease";
import { Deadline } from "../../programs/inPod/waiting";
import { brokerSettings, configure, topicSettings } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import { createTopic, growTopic } from "../protocol/topics";
import { BROKER_SETTINGS, topicDefaults } from "../settings/recordDeletion";
import { THROTTLES } from "../settings/throttles";
import type { ConfiguredNames } from "./configuredNames";
import { refuseToFill, type NodesOfPods } from "./diskCheck";
import { planMoves, type Move } from "./moves";
import { moveReplicas, plannedLayout, plannedMoves } from "./reassign";
import type { TopicReport, TopicSpec, TopicTask } from "./task";
import { differences, settingsToMake, whyItCannotBe, type Topic } from "./topicDifference";

const DEADLINE_SECONDS = 180;

/**
 * Creates a topic, or changes it to what the config says: first the settings, since Kafka checks them, then the number
 * of partitions, then the replicas. Settings that the config has never set are left as they are.
 *
 * @param lease held while replicas move, since one limit of the rate applies to all topics' moves
 * @throws Fatal if partitions would have to be removed, or Kafka refuses the settings. Nothing was touched then
 */
export async function applyTopic(
  kafka: Connection,
  { topic, brokers, moveBytesPerSecond }: TopicTask,
  configuredNames: ConfiguredNames,
  nodesOfPods: NodesOfPods,
  lease: Pick<Lease, "hold">,
  log: (line: string) => void,
): Promise<Omit<TopicReport, "seconds">> {
  let changed: string[] | undefined;
  let id: string | undefined;
  await new Deadline(DEADLINE_SECONDS).waitUntil(`the topic ${topic.name} as configured`, async () => {
    const [found] = await topicsOf(kafka, [topic.name]);
    id = found?.id;
    const configured = await configuredNames.read(id);
    changed ??= differences(topic, found, configured);
    return nextStep(kafka, topic, found, configured, configuredNames);
  });
  await configuredNames.write(id, Object.keys(topic.config));

  const moves = await movesOf(kafka, topic, brokers);
  if (moves.length === 0 && !(await isThrottled(kafka, topic.name))) return { changed: changed!, movedReplicas: 0 };
  log("moving replicas, after other topics have moved theirs");
  return lease.hold(async () => {
    // They may have changed while the Job waited for the lease.
    const current = await movesOf(kafka, topic, brokers);
    await refuseToFill(kafka, current, nodesOfPods, log);
    const raised = await moveReplicas(kafka, current, moveBytesPerSecond, log);
    return { changed: changed!, movedReplicas: current.reduce((sum, { adding }) => sum + adding.length, 0), ...raised };
  });
}

/** Makes the next change. @returns the change in words; empty once all but the replicas is as configured */
async function nextStep(
  kafka: Connection,
  topic: TopicSpec,
  found: Topic | undefined,
  configured: readonly string[],
  configuredNames: ConfiguredNames,
): Promise<string[]> {
  const refusal = whyItCannotBe(topic, found, configured);
  if (refusal !== undefined) throw new Fatal(refusal);
  // Names are stored before settings are made, so that the settings of an interrupted run count as the config's.
  await configuredNames.write(found?.id, [...new Set([...configured, ...Object.keys(topic.config)])]);
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

/** Existing topics among `names`, without the throttles that moves of replicas set. */
export async function topicsOf(kafka: Connection, names: readonly string[]): Promise<Topic[]> {
  const layout = Map.groupBy(await plannedLayout(kafka), ({ topic }) => topic);
  const { brokers, topics } = await kafka.describe();
  const ids = new Map(topics.map(({ name, id }) => [name, id]));
  const existing = names.filter((name) => layout.has(name) && ids.has(name));
  if (existing.length === 0) return [];
  const settings = await topicSettings(kafka, existing);
  const [broker] = brokers;
  if (!broker) throw new Error("no broker serves");
  const defaults = topicDefaults(await brokerSettings(kafka, broker.id, BROKER_SETTINGS));
  return existing.map((name) => {
    const config = Object.entries(settings.get(name) ?? {}).filter(([setting]) => !isThrottle(setting));
    return { name, id: ids.get(name)!, partitions: layout.get(name)!, config: Object.fromEntries(config), defaults };
  });
}

/** Whether a topic has throttles, perhaps left by an interrupted run. */
async function isThrottled(kafka: Connection, name: string): Promise<boolean> {
  return Object.keys((await topicSettings(kafka, [name], THROTTLES)).get(name) ?? {}).length > 0;
}

function isThrottle(setting: string): boolean {
  return (THROTTLES as readonly string[]).includes(setting);
}

function movesOf(kafka: Connection, topic: TopicSpec, brokers: readonly number[]): Promise<Move[]> {
  const replicationFactors = { [topic.name]: topic.replicationFactor };
  return plannedMoves(kafka, brokers, (partitions, targets) =>
    // The plan is made with all topics, since all replicas count for which broker has the fewest.
    planMoves(partitions, targets, { replicationFactors }).filter((each) => each.topic === topic.name),
  );
}
