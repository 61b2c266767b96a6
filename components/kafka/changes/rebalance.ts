import type { Connection } from "../protocol/connection";
import { codes, failOn } from "../protocol/errors";
import { metadataVersionOf, raiseMetadataVersion } from "../protocol/features";
import { layoutOf, namesOf, type Layout } from "../protocol/partitions";
import { describeCluster, unregisterBroker } from "../protocol/requests";
import { Deadline, Fatal } from "../../programs/inPod/waiting";
import { CatchingUp } from "./catchingUp";
import { votersOf } from "./drain";
import { preferLeaders } from "./leaders";
import { planMoves } from "./moves";
import { moveCopies, plannedLayout, plannedMoves } from "./reassign";
import { laggingPartitions } from "./roll";
import { refuseToFill, type NodesOfPods } from "./diskCheck";
import { uncordon } from "./cordons";
import { plannedCopies, requireInSync } from "./durability";
import { poolOfBrokers } from "./shrinking";
import type { ChangeReport, ChangeTask } from "./task";
import { changeVoters, type VoterChanges } from "./voters";

/** Time for each step that takes seconds where all is well. Moving replicas has no such limit. */
const DEADLINE_SECONDS = 180;

/**
 * Brings a cluster whose nodes have changed into shape: votes for the planned nodes, the brokers that are gone forgotten,
 * copies and leaders shared among those that are there, Kafka's own topics in as many copies as there can be.
 */
export async function rebalance(
  kafka: Connection,
  task: ChangeTask,
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<Pick<ChangeReport, "movedCopies" | "moveRateRaisedTo" | "cordoned" | "metadataVersion"> & VoterChanges> {
  await withinDeadline("brokers as planned", async () => {
    const { brokers } = await layoutOf(kafka);
    const missing = task.brokers.filter((id) => !brokers.some((each) => each.id === id));
    if (missing.length > 0) return [`brokers missing: ${missing.join(", ")}`];
    const astray = brokers.filter(({ rack }) => task.racks && rack === undefined);
    if (astray.length > 0) return [`brokers that don't tell their rack: ${astray.map(({ id }) => id).join(", ")}`];
    await uncordon(kafka, task.brokers);
    return [];
  });
  await withinDeadline("partitions that can be led", async () => {
    refuseToLeaveRecords(await layoutOf(kafka), task);
    return [];
  });
  log("sharing votes");
  const votes = await changeVoters(kafka, votersOf(task), new Deadline(DEADLINE_SECONDS));
  await withinDeadline("only planned brokers", () => forgetOthers(kafka, task));

  let cordoned: number[] = [];
  const moves = await plannedMoves(kafka, task.brokers, (partitions, brokers) => {
    cordoned = brokers.filter((each) => each.cordoned).map(({ id }) => id);
    return planMoves(partitions, brokers, { copies: plannedCopies(task), balance: true });
  });
  if (cordoned.length > 0) log(`an administrator has cordoned the brokers ${cordoned.join(", ")}: nothing moves there`);
  await refuseToFill(kafka, moves, nodesOfPods, log);
  const raised = await moveCopies(kafka, moves, task.moveBytesPerSecond, log);
  await withinDeadline("copies that have to be in sync", async () => {
    await requireInSync(kafka, task, await plannedLayout(kafka));
    return [];
  });
  await replicasInSync(kafka);
  await preferLeaders(kafka);
  const movedCopies = moves.reduce((sum, { adding }) => sum + adding.length, 0);
  return {
    movedCopies,
    ...raised,
    cordoned,
    ...votes,
    ...(task.raiseMetadataVersion && (await useNewestMetadata(kafka))),
  };
}

const NO_LEADER = -1;

/**
 * A broker that was down while it was drained has no cordon: it may have been back before its pod went, and have got what nobody else
 * has.
 *
 * @throws Fatal that names such partitions, and what brings them back
 */
function refuseToLeaveRecords({ partitions }: Layout, { brokers, pools }: Pick<ChangeTask, "brokers" | "pools">): void {
  const areGone = (ids: readonly number[]): boolean => ids.length > 0 && ids.every((id) => !brokers.includes(id));
  const left = partitions.filter(
    ({ leader, replicas, inSync }) => leader === NO_LEADER && (areGone(replicas) || areGone(inSync)),
  );
  if (left.length === 0) return;
  const last = Math.max(...left.flatMap(({ replicas }) => replicas));
  throw new Fatal(
    `only removed brokers have all records of ${left.length} partitions, such as ${namesOf(left)}. Set kafka.brokers back to ` +
      `${last - poolOfBrokers({ pools, brokers }).firstId + 1}, so that they come back with their volumes, and lower it in a later up. Nothing ` +
      "was moved. [KK871]",
  );
}

/** A broker that was away for long is waited for as long as it catches up. */
async function replicasInSync(kafka: Connection): Promise<void> {
  const catchingUp = new CatchingUp(kafka);
  await new Deadline(DEADLINE_SECONDS).waitWhileChanging("replicas in sync", async () => {
    const layout = await layoutOf(kafka);
    const lagging = laggingPartitions(layout.partitions);
    return lagging.length > 0 ? [...lagging, ...(await catchingUp.words(layout))] : [];
  });
}

function withinDeadline(what: string, problems: () => Promise<string[]>): Promise<void> {
  return new Deadline(DEADLINE_SECONDS).waitUntil(what, problems);
}

/** After the roll: every node knows the format then. */
async function useNewestMetadata(kafka: Connection): Promise<Pick<ChangeReport, "metadataVersion">> {
  const { used, newest } = await metadataVersionOf(kafka);
  if (used === newest) return {};
  await withinDeadline("a newer metadata format", async () => {
    if ((await metadataVersionOf(kafka)).used >= newest) return [];
    await raiseMetadataVersion(kafka, newest);
    return ["the brokers have not heard of it yet"];
  });
  return { metadataVersion: { from: used, to: newest } };
}

/** Brokers that have stopped for good stay known until they are unregistered. */
async function forgetOthers(kafka: Connection, task: ChangeTask): Promise<string[]> {
  const answer = await kafka.ask(describeCluster, { authorizedOperations: false, endpointType: 1, fenced: true });
  failOn("the cluster can't be described", answer);
  const others = answer.brokers.filter(({ id }) => !task.brokers.includes(id));
  for (const { id, fenced } of others) {
    if (!fenced) continue;
    failOn(`broker ${id} can't be unregistered`, await kafka.ask(unregisterBroker, { broker: id }), [
      codes.brokerIdNotRegistered,
    ]);
  }
  return others.map(({ id, fenced }) => `broker ${id} ${fenced ? "is being unregistered" : "has not stopped yet"}`);
}
