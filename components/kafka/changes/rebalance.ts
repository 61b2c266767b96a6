import type { Connection } from "../protocol/connection";
import { codes, failOn } from "../protocol/errors";
import { metadataVersionOf, raiseMetadataVersion } from "../protocol/features";
import { layoutOf, namesOf, NO_LEADER, type Layout } from "../protocol/partitions";
import { describeCluster, unregisterBroker } from "../protocol/requests";
import { Fatal } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import { CatchingUp } from "./catchingUp";
import { votersOf } from "./drain";
import { preferLeaders } from "./leaders";
import { planMoves } from "./moves";
import { moveReplicas, plannedLayout, plannedMoves } from "./reassign";
import { laggingPartitions } from "./stopping";
import { refuseToFill, type NodesOfPods } from "./diskCheck";
import { uncordon } from "./cordons";
import { plannedReplicationFactors, requireInSync } from "./durability";
import { poolOfBrokers } from "./shrinking";
import type { ChangeReport, ChangeTask } from "./task";
import { changeVoters, type VoterChanges } from "./voters";

/** Time limit of each step that normally takes seconds. Moving replicas has no such limit. */
const DEADLINE_SECONDS = 180;

/**
 * Adapts a cluster to its changed nodes: the planned nodes get votes, removed brokers are unregistered, replicas and
 * leaders are spread over all brokers, Kafka's own topics get their planned replication factor, and the metadata format
 * is raised if wanted.
 */
export async function rebalance(
  kafka: Connection,
  task: ChangeTask,
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<Pick<ChangeReport, "movedReplicas" | "moveRateRaisedTo" | "cordoned" | "metadataVersion"> & VoterChanges> {
  await withinDeadline("brokers as planned", async () => {
    const { brokers } = await layoutOf(kafka);
    const missing = task.brokers.filter((id) => !brokers.some((each) => each.id === id));
    if (missing.length > 0) return [`brokers missing: ${missing.join(", ")}`];
    const rackless = brokers.filter(({ rack }) => task.racks && rack === undefined);
    if (rackless.length > 0) return [`brokers without a rack: ${rackless.map(({ id }) => id).join(", ")}`];
    await uncordon(kafka, task.brokers);
    return [];
  });
  await withinDeadline("partitions that can have a leader", async () => {
    refuseToLeaveRecords(await layoutOf(kafka), task);
    return [];
  });
  log("changing voters");
  const votes = await changeVoters(kafka, votersOf(task), new Deadline(DEADLINE_SECONDS));
  await withinDeadline("only planned brokers", () => unregisterOthers(kafka, task));

  let cordoned: number[] = [];
  const moves = await plannedMoves(kafka, task.brokers, (partitions, brokers) => {
    cordoned = brokers.filter((each) => each.cordoned).map(({ id }) => id);
    return planMoves(partitions, brokers, { replicationFactors: plannedReplicationFactors(task), balance: true });
  });
  if (cordoned.length > 0) log(`an administrator has cordoned the brokers ${cordoned.join(", ")}: nothing moves there`);
  await refuseToFill(kafka, moves, nodesOfPods, log);
  const raised = await moveReplicas(kafka, moves, task.moveBytesPerSecond, log);
  await withinDeadline("the number of replicas that have to be in sync", async () => {
    await requireInSync(kafka, task, await plannedLayout(kafka));
    return [];
  });
  await replicasInSync(kafka);
  await preferLeaders(kafka);
  const movedReplicas = moves.reduce((sum, { adding }) => sum + adding.length, 0);
  return {
    movedReplicas,
    ...raised,
    cordoned,
    ...votes,
    ...(task.raiseMetadataVersion && (await useNewestMetadata(kafka))),
  };
}

/**
 * Refuses to go on if only removed brokers have all records of a partition. A broker that was down during the drain has
 * no cordon, so it may have come back before its pod was deleted, and have got records that no other broker has.
 *
 * @see KIP-966 (eligible leader replicas)
 * @throws Fatal with such partitions and the remedy
 */
function refuseToLeaveRecords({ partitions }: Layout, { brokers, pools }: Pick<ChangeTask, "brokers" | "pools">): void {
  const isGone = (id: number): boolean => !brokers.includes(id);
  // With eligible leader replicas, none is in sync once the last one is gone; without them, that one still counts as in sync.
  const unreachable = partitions.filter(
    ({ leader, replicas, inSync }) => leader === NO_LEADER && replicas.some(isGone) && inSync.every(isGone),
  );
  if (unreachable.length === 0) return;
  const last = Math.max(...unreachable.flatMap(({ replicas }) => replicas));
  throw new Fatal(
    `only removed brokers have all records of ${unreachable.length} partitions, such as ${namesOf(unreachable)}. Set kafka.brokers back to ` +
      `${last - poolOfBrokers({ pools, brokers }).firstId + 1}, so that they come back with their volumes, and lower it in a later up. Nothing ` +
      "was moved. [KK871]",
  );
}

/** Waits for replicas as long as they catch up: a broker that was down for long may need hours. */
async function replicasInSync(kafka: Connection): Promise<void> {
  const catchingUp = new CatchingUp(kafka);
  await new Deadline(DEADLINE_SECONDS).waitWhileChanging("replicas in sync", async () => {
    const layout = await layoutOf(kafka);
    const lagging = laggingPartitions(layout.partitions);
    return lagging.length > 0 ? [...lagging, ...(await catchingUp.describe(layout))] : [];
  });
}

function withinDeadline(what: string, problems: () => Promise<string[]>): Promise<void> {
  return new Deadline(DEADLINE_SECONDS).waitUntil(what, problems);
}

/**
 * Raises the metadata format to the newest one. After the roll, every node knows it.
 *
 * @see KIP-584 (feature versions), KIP-778 (`metadata.version`)
 */
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

/**
 * Unregisters removed brokers, which Kafka lists until then. A broker has to have stopped first.
 *
 * @returns brokers that are still registered, in words
 */
async function unregisterOthers(kafka: Connection, task: ChangeTask): Promise<string[]> {
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
