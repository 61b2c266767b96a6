import type { Connection } from "../protocol/connection";
import type { VoterAddress } from "../protocol/quorum";
import { layoutOf, namesOf, NO_LEADER, type Partition, replicasOn } from "../protocol/partitions";
import { verificationTopics } from "./verificationTopics";
import { Fatal } from "../../failures";
import { Deadline } from "../../programs/inPod/waiting";
import { planMoves, tooManyReplicas, type Move } from "./moves";
import { moveReplicas, plannedLayout, plannedMoves } from "./reassign";
import type { StatefulSet } from "./workloads";
import { refuseToFill, type NodesOfPods } from "./diskCheck";
import { cordon } from "./cordons";
import { plannedReplicationFactors, requireInSync } from "./durability";
import { poolOfBrokers, shrinkingSets, votersWithPods } from "./shrinking";
import type { ChangeReport, ChangeTask } from "./task";
import { changeVoters, type VoterChanges } from "./voters";

/** Time limit of each step that normally takes seconds. Moving replicas has no such limit. */
const DEADLINE_SECONDS = 120;

/**
 * Moves partitions, then votes, off nodes that are no longer planned. These nodes go on running, empty. If the
 * remaining brokers can't hold all replicas, nothing is touched. Planned nodes that have no pod yet are ignored.
 *
 * @param sets the cluster's existing StatefulSets
 * @throws Fatal with the topics that have more replicas than brokers would be left, or the disks that would be full
 * @see KIP-455 (reassignment of partitions), KIP-853 (removal of voters), KIP-1066 (cordons)
 */
export async function drain(
  kafka: Connection,
  task: ChangeTask,
  sets: readonly StatefulSet[],
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<Pick<ChangeReport, "movedReplicas" | "moveRateRaisedTo"> & VoterChanges> {
  const takeVotes = (): Promise<VoterChanges> => {
    log("removing voters");
    return changeVoters(kafka, votersOf({ voters: votersWithPods(task, sets) }), new Deadline(DEADLINE_SECONDS));
  };
  const { name, firstId } = poolOfBrokers(task);
  const shrinking = shrinkingSets(task, sets).find(({ metadata }) => metadata.name === name);
  if (!shrinking) return { movedReplicas: 0, ...(await takeVotes()) };
  const all = Array.from({ length: shrinking.spec.replicas }, (_, ordinal) => firstId + ordinal);
  const toRemove = all.filter((id) => !task.brokers.includes(id));
  return emptyBrokers(kafka, task, toRemove, takeVotes, nodesOfPods, log);
}

async function emptyBrokers(
  kafka: Connection,
  task: ChangeTask,
  toRemove: readonly number[],
  takeVotes: () => Promise<VoterChanges>,
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<Pick<ChangeReport, "movedReplicas" | "moveRateRaisedTo"> & VoterChanges> {
  const isPlanned = (id: number): boolean => task.brokers.includes(id);
  await withinDeadline("brokers that stay", async () => {
    const { brokers } = await layoutOf(kafka);
    const missing = task.brokers.filter((id) => !brokers.some((each) => each.id === id));
    if (missing.length === 0) return [];
    const remedy = "Set kafka.brokers back, so that an up can repair them, and remove brokers in the next one. [KK854]";
    return [`brokers that have to stay don't serve: ${missing.join(", ")}. ${remedy}`];
  });
  const replicationFactors = await new Deadline(DEADLINE_SECONDS).answer("numbers of replicas", () =>
    replicationFactorsLeft(kafka, task),
  );
  await refuseWhatDoesNotFit(kafka, task, replicationFactors);
  const movesAway = (): Promise<Move[]> =>
    plannedMoves(kafka, task.brokers, (partitions, targets) => planMoves(partitions, targets, { replicationFactors }));
  await refuseToFill(kafka, await movesAway(), nodesOfPods, log);

  const servingToRemove = async (): Promise<number[]> =>
    (await layoutOf(kafka)).brokers.map(({ id }) => id).filter((id) => !isPlanned(id));
  // A cordon survives a restart, but a broker that is down can't get one: if it came back before its pod is deleted, it
  // could get replicas, which would be deleted with its volume.
  if (task.deletesVolumes) {
    await withinDeadline("a cordon of each broker to remove", async () => {
      const cordoned = await servingToRemove();
      await cordon(kafka, cordoned);
      const down = toRemove.filter((id) => !cordoned.includes(id));
      return down.length > 0 ? [cordonMissing(down)] : [];
    });
  }
  await withinDeadline("leaders of the partitions that move", async () => {
    const { partitions } = await layoutOf(kafka);
    const leaderless = partitions.filter(
      ({ leader, replicas }) => leader === NO_LEADER && !replicas.every((id) => isPlanned(id)),
    );
    return leaderless.length > 0 ? [leaderMissing(leaderless)] : [];
  });
  const moved: { movedReplicas: number; moveRateRaisedTo?: number } = { movedReplicas: 0 };
  const moveAway = async (): Promise<void> => {
    for (;;) {
      // Kafka refuses a cordon for a broker that is down. One that comes back during the drain gets its cordon here.
      await withinDeadline("cordons of the brokers to remove", async () => {
        await cordon(kafka, await servingToRemove());
        return [];
      });
      const moves = await movesAway();
      Object.assign(moved, await moveReplicas(kafka, moves, task.moveBytesPerSecond, log));
      moved.movedReplicas += moves.reduce((sum, { adding }) => sum + adding.length, 0);
      if (moves.length === 0) return;
    }
  };

  await moveAway();
  const votes = await takeVotes();
  // A broker that came back a moment ago may have got replicas before its cordon.
  await moveAway();
  await withinDeadline("empty brokers to remove", async () => {
    const remaining = await Promise.all(
      (await servingToRemove()).map(async (id) => {
        const replicas = await replicasOn(kafka, id);
        return replicas.length > 0 ? [`broker ${id} still has ${replicas.length} replicas of partitions`] : [];
      }),
    );
    return remaining.flat();
  });
  // min.insync.replicas changes last, so that a failed drain has lowered nothing.
  await withinDeadline("fewer replicas that have to be in sync", async () => {
    await requireInSync(kafka, task, await plannedLayout(kafka));
    return [];
  });
  return { ...moved, ...votes };
}

function cordonMissing(down: readonly number[]): string {
  return (
    `brokers to be removed don't serve, and their volumes would be deleted: ${down.join(", ")}. One that comes back before its pod is ` +
    "deleted could get replicas, which would be lost. Set kafka.storage.ofRemovedBrokers to keep for this change, or let them serve first. " +
    "No replica was moved. [KK870]"
  );
}

function leaderMissing(partitions: readonly Partition[]): string {
  return (
    `${partitions.length} partitions have no leader, such as ${namesOf(partitions)}, so that nobody can copy their records: brokers to be ` +
    "removed have them and don't serve. Set kafka.brokers back and let these serve first, or delete the topics. No replica was moved. [KK872]"
  );
}

function withinDeadline(what: string, problems: () => Promise<string[]>): Promise<void> {
  return new Deadline(DEADLINE_SECONDS).waitUntil(what, problems);
}

/**
 * Replication factors of the topics that aren't the user's, by topic: Kafka's own as planned, and verifications' topics
 * at most the number of remaining brokers.
 */
async function replicationFactorsLeft(kafka: Connection, task: ChangeTask): Promise<Record<string, number>> {
  const names = await verificationTopics(kafka);
  const verified = (await plannedLayout(kafka)).filter(({ topic }) => names.includes(topic));
  const large = tooManyReplicas(verified, task.brokers.length).keys();
  return {
    ...plannedReplicationFactors(task),
    ...Object.fromEntries([...large].map((topic) => [topic, task.brokers.length])),
  };
}

/** Refuses only what two looks agree on: a broker may hear late that a move has ended. */
async function refuseWhatDoesNotFit(
  kafka: Connection,
  task: ChangeTask,
  planned: Readonly<Record<string, number>>,
): Promise<void> {
  let before = "";
  const tooLarge = await new Deadline(DEADLINE_SECONDS).answer("topics that fit the brokers that stay", async () => {
    const users = (await plannedLayout(kafka)).filter(({ topic }) => !(topic in planned));
    const found = [...tooManyReplicas(users, task.brokers.length)];
    const words = found.map(([topic, replicas]) => `${topic} has ${replicas} replicas`).join(", ");
    if (found.length === 0 || words === before) return found;
    before = words;
    throw new Error(`only one look has found that ${words}`);
  });
  const [first, ...others] = tooLarge;
  if (!first) return;
  const [topic, replicas] = first;
  const more =
    others.length > 0 ? ` (and ${others.length} more topics: ${others.map(([name]) => name).join(", ")})` : "";
  throw new Fatal(
    `the topic ${topic} has ${replicas} replicas${more}, but ${task.brokers.length} brokers would be left. ` +
      `Keep ${replicas} brokers, or give the topic fewer replicas first. Nothing was moved. [KK813]`,
  );
}

/** Addresses of the planned voters' controller listeners, by the voters' ids. */
export function votersOf({ voters }: Pick<ChangeTask, "voters">): Map<number, VoterAddress> {
  return new Map(voters.map(({ id, ...address }) => [id, address]));
}
