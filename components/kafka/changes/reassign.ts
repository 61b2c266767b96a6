import { Deadline } from "../../programs/inPod/waiting";
import { configure, topicSettings, type ConfigChange } from "../protocol/configs";
import type { Connection } from "../protocol/connection";
import {
  replicasOn,
  layoutOf,
  layoutWithMoves,
  move,
  moving,
  NO_LEADER,
  type Layout,
  type StoredReplica,
} from "../protocol/partitions";
import { THROTTLES } from "../settings/throttles";
import { cordonedByHand } from "./cordons";
import type { Broker, Move, PartitionReplicas } from "./moves";
import { Pace, type NewReplica, type Progress } from "./pace";

/** Partitions that move at a time: few, so that each ends soon and an interrupted `up` leaves little under way. */
const AT_A_TIME = 20;
/** Moves fail after this long without progress. With progress they may take hours. */
const STANDSTILL_SECONDS = 600;
/** A restarting broker is back within this time. */
const RETRY_SECONDS = 120;
const PLAN_SECONDS = 180;

const RATES = ["leader.replication.throttled.rate", "follower.replication.throttled.rate"] as const;

/** All partitions, those on the move as they will be: what plans start from, also where another run was killed. */
export async function plannedLayout(kafka: Connection): Promise<PartitionReplicas[]> {
  const { partitions, onTheMove } = await layoutWithMoves(kafka);
  const targets = new Map(onTheMove.map(({ topic, partition, target }) => [`${topic}-${partition}`, target]));
  return partitions.map(({ topic, partition, replicas }) => ({
    topic,
    partition,
    replicas: targets.get(`${topic}-${partition}`) ?? replicas,
  }));
}

/**
 * Plans moves once all brokers that are to have replicas serve. Otherwise a plan would move replicas off a broker that
 * is away for a moment.
 *
 * @param ids ids of the brokers that are to have replicas
 */
export async function plannedMoves(
  kafka: Connection,
  ids: readonly number[],
  plan: (partitions: PartitionReplicas[], brokers: Broker[]) => Move[],
): Promise<Move[]> {
  let moves: Move[] = [];
  await new Deadline(PLAN_SECONDS).waitUntil("all brokers that are to have replicas", async () => {
    const { brokers } = await layoutOf(kafka);
    const serving = brokers.filter(({ id }) => ids.includes(id));
    const missing = ids.filter((id) => !serving.some((each) => each.id === id));
    if (missing.length > 0) return [`brokers missing: ${missing.join(", ")}`];
    const cordoned = await cordonedByHand(kafka, ids);
    const targets = serving.map((broker) => ({ ...broker, cordoned: cordoned.includes(broker.id) }));
    moves = plan(await plannedLayout(kafka), targets);
    return [];
  });
  return moves;
}

/**
 * Moves replicas at a limited rate, a batch of partitions at a time, and waits until all are in sync. Moves of an
 * interrupted run are finished as well. If producers write so fast that moves would never end, the limit is raised as
 * long as that helps, and the log says so.
 *
 * @param bytesPerSecond limit of each broker's network traffic for moves
 * @returns the limit after it was raised; empty if it wasn't
 * @see KIP-455 (reassignment of partitions), KIP-73 (replication quotas)
 */
export async function moveReplicas(
  kafka: Connection,
  moves: readonly Move[],
  bytesPerSecond: number,
  log: (line: string) => void,
): Promise<{ moveRateRaisedTo?: number }> {
  const pace = new Pace(bytesPerSecond);
  await retried("limits of the moves' rate", () => throttle(kafka, moves, bytesPerSecond));
  for (let first = 0; first < moves.length; first += AT_A_TIME) {
    const batch = moves.slice(first, first + AT_A_TIME);
    log(`moving partitions ${first + 1} to ${first + batch.length} of ${moves.length}`);
    await moveBatch(kafka, batch, pace, log);
  }
  await finishEarlierMoves(kafka, pace, log);
  await retried("the end of those limits", () => unthrottle(kafka));
  return pace.bytesPerSecond > bytesPerSecond ? { moveRateRaisedTo: pace.bytesPerSecond } : {};
}

function retried(what: string, action: () => Promise<void>): Promise<void> {
  return new Deadline(RETRY_SECONDS).waitUntil(what, () => action().then(() => []));
}

async function moveBatch(
  kafka: Connection,
  batch: readonly Move[],
  pace: Pace,
  log: (line: string) => void,
): Promise<void> {
  pace.begin();
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("moving partitions", async () => {
    const [layout, onTheMove] = [await layoutOf(kafka), await moving(kafka)];
    const unfinished = batch.filter((wanted) => !isDone(layout, wanted));
    const isUnderWay = (wanted: Move): boolean =>
      onTheMove.some((each) => samePartition(each, wanted) && each.target.join() === wanted.replicas.join());
    const toStart = unfinished.filter((wanted) => !isUnderWay(wanted));
    if (toStart.length > 0) await move(kafka, toStart);
    return unfinished.length === 0 ? [] : [await adjustPace(kafka, unfinished, pace, log)];
  });
}

/** Waits for moves that an interrupted run has left. */
async function finishEarlierMoves(kafka: Connection, pace: Pace, log: (line: string) => void): Promise<void> {
  pace.begin();
  await new Deadline(STANDSTILL_SECONDS).waitWhileChanging("moving partitions", async () => {
    const onTheMove = await moving(kafka);
    const unfinished = onTheMove.map((each) => ({ ...each, replicas: each.target, adding: each.target }));
    return unfinished.length === 0 ? [] : [await adjustPace(kafka, unfinished, pace, log)];
  });
}

const samePartition = (a: { topic: string; partition: number }, b: { topic: string; partition: number }): boolean =>
  a.topic === b.topic && a.partition === b.partition;

/** Whether a move is done. If the topic was deleted meanwhile, nothing is left to move. */
function isDone({ partitions }: Layout, wanted: Move): boolean {
  const found = partitions.find((each) => samePartition(each, wanted));
  if (!found) return true;
  return found.replicas.join() === wanted.replicas.join() && wanted.adding.every((id) => found.inSync.includes(id));
}

/** Adjusts the limit of the moves' rate to their progress. @returns the progress in words */
async function adjustPace(
  kafka: Connection,
  unfinished: readonly Move[],
  pace: Pace,
  log: (line: string) => void,
): Promise<string> {
  const progress = await progressOf(kafka, unfinished);
  const change = pace.observe(progress, performance.now());
  if (change !== undefined) {
    log(change);
    await configure(kafka, rateLimits((await layoutOf(kafka)).brokers, pace.bytesPerSecond));
  }
  return pace.describe(progress);
}

async function progressOf(kafka: Connection, unfinished: readonly Move[]): Promise<Progress> {
  const { brokers, partitions } = await layoutOf(kafka);
  const stored = new Map<number, readonly StoredReplica[]>();
  for (const { id } of brokers) stored.set(id, await replicasOn(kafka, id));
  const bytesOn = (broker: number, wanted: Move): number =>
    stored.get(broker)?.find((each) => samePartition(each, wanted))?.bytes ?? 0;
  let lacking = 0;
  const replicas = unfinished.flatMap((wanted) => {
    const largest = Math.max(...[...stored.keys()].map((id) => bytesOn(id, wanted)));
    const from = partitions.find((each) => samePartition(each, wanted))?.leader ?? NO_LEADER;
    return wanted.adding.map((to): NewReplica => {
      const bytes = bytesOn(to, wanted);
      lacking += largest - bytes;
      return { name: `${wanted.topic}-${wanted.partition} on ${to}`, from, to, bytes };
    });
  });
  return { unfinished: unfinished.length, replicas, lacking };
}

/** Limits the traffic of new replicas only, so that replicas in sync stay in sync. */
async function throttle(kafka: Connection, moves: readonly Move[], bytesPerSecond: number): Promise<void> {
  const { brokers, partitions } = await layoutOf(kafka);
  const growing = moves.filter(({ adding }) => adding.length > 0);
  const list = (pairs: (move: Move) => readonly number[], some: readonly Move[]): string =>
    some.flatMap((each) => pairs(each).map((id) => `${each.partition}:${id}`)).join(",");
  const existing = (wanted: Move): readonly number[] =>
    partitions.find((each) => samePartition(each, wanted))?.replicas ?? [];
  const topics = [...Map.groupBy(growing, ({ topic }) => topic)].map(([topic, some]): ConfigChange => ({
    of: { topic },
    settings: { [THROTTLES[0]]: list(existing, some), [THROTTLES[1]]: list(({ adding }) => adding, some) },
  }));
  if (topics.length > 0) await configure(kafka, [...rateLimits(brokers, bytesPerSecond), ...topics]);
}

/** @param bytesPerSecond null removes the limits. It is rounded, since Kafka takes whole numbers only */
function rateLimits(brokers: Layout["brokers"], bytesPerSecond: number | null): ConfigChange[] {
  const rate = bytesPerSecond === null ? null : String(Math.round(bytesPerSecond));
  return brokers.map(({ id }) => ({ of: { broker: id }, settings: { [RATES[0]]: rate, [RATES[1]]: rate } }));
}

/** Removes all limits of moves, including those that an interrupted run has left. */
async function unthrottle(kafka: Connection): Promise<void> {
  const { brokers, partitions } = await layoutOf(kafka);
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  const settings = await topicSettings(kafka, topics, THROTTLES);
  const limited = topics.filter((topic) => Object.keys(settings.get(topic) ?? {}).length > 0);
  await configure(kafka, [
    ...rateLimits(brokers, null),
    ...limited.map((topic): ConfigChange => ({
      of: { topic },
      settings: { [THROTTLES[0]]: null, [THROTTLES[1]]: null },
    })),
  ]);
}
