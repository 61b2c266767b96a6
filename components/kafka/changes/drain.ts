import type { Connection } from "../protocol/connection";
import { copiesOn, layoutOf } from "../protocol/partitions";
import { verificationTopics } from "../protocol/verificationTopics";
import { Deadline, Fatal } from "../../programs/inPod/waiting";
import { planMoves, tooManyCopies, type Move } from "./moves";
import { moveCopies, plannedLayout, plannedMoves } from "./reassign";
import type { StatefulSet } from "./workloads";
import { refuseToFill, type NodesOfPods } from "./diskCheck";
import { cordon } from "./cordons";
import { plannedCopies, requireInSync } from "./durability";
import { poolOfBrokers, shrinkingSets, votersWithPods } from "./shrinking";
import type { ChangeReport, ChangeTask } from "./task";
import { changeVoters, type VoterChanges } from "./voters";

/** Time for each step that takes seconds where all is well. Moving replicas has no such limit. */
const DEADLINE_SECONDS = 120;

/**
 * Takes everything off the nodes that aren't planned any more: partitions, then votes. They go on running, empty. Nothing is
 * touched where the other brokers couldn't keep all replicas. Nodes that are planned and not started yet are no part of it.
 *
 * @param sets the StatefulSets that there are
 * @throws Fatal that says which topics have more replicas than brokers would be left, or which disks would be full
 */
export async function drain(
  kafka: Connection,
  task: ChangeTask,
  sets: readonly StatefulSet[],
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<Pick<ChangeReport, "movedCopies" | "moveRateRaisedTo"> & VoterChanges> {
  const takeVotes = (): Promise<VoterChanges> => {
    log("taking votes");
    return changeVoters(kafka, votersOf({ voters: votersWithPods(task, sets) }), new Deadline(DEADLINE_SECONDS));
  };
  const { name, firstId } = poolOfBrokers(task);
  const shrinking = shrinkingSets(task, sets).find(({ metadata }) => metadata.name === name);
  if (!shrinking) return { movedCopies: 0, ...(await takeVotes()) };
  const all = Array.from({ length: shrinking.spec.replicas }, (_, ordinal) => firstId + ordinal);
  const toGo = all.filter((id) => !task.brokers.includes(id));
  return emptyBrokers(kafka, task, toGo, takeVotes, nodesOfPods, log);
}

async function emptyBrokers(
  kafka: Connection,
  task: ChangeTask,
  toGo: readonly number[],
  takeVotes: () => Promise<VoterChanges>,
  nodesOfPods: NodesOfPods,
  log: (line: string) => void,
): Promise<Pick<ChangeReport, "movedCopies" | "moveRateRaisedTo"> & VoterChanges> {
  const isPlanned = (id: number): boolean => task.brokers.includes(id);
  await withinDeadline("brokers that stay", async () => {
    const { brokers } = await layoutOf(kafka);
    const missing = task.brokers.filter((id) => !brokers.some((each) => each.id === id));
    if (missing.length === 0) return [];
    const remedy =
      "Set kafka.brokers back, so that an up can mend them, and let the others go in the next one. [KK854]";
    return [`brokers that have to stay don't serve: ${missing.join(", ")}. ${remedy}`];
  });
  const copies = await new Deadline(DEADLINE_SECONDS).answer("numbers of replicas", () => copiesLeft(kafka, task));
  await refuseWhatDoesNotFit(kafka, task, copies);
  const movesAway = (): Promise<Move[]> =>
    plannedMoves(kafka, task.brokers, (partitions, stay) => planMoves(partitions, stay, { copies }));
  await refuseToFill(kafka, await movesAway(), nodesOfPods, log);

  const leaving = async (): Promise<number[]> =>
    (await layoutOf(kafka)).brokers.map(({ id }) => id).filter((id) => !isPlanned(id));
  // A cordon outlasts a restart. A broker that gets none since it is down may be back before its pod goes, and get replicas then.
  if (task.deletesVolumes) {
    await withinDeadline("a cordon of each broker that goes", async () => {
      const cordoned = await leaving();
      await cordon(kafka, cordoned);
      const down = toGo.filter((id) => !cordoned.includes(id));
      return down.length > 0 ? [cordonMissing(down)] : [];
    });
  }
  const moved: { movedCopies: number; moveRateRaisedTo?: number } = { movedCopies: 0 };
  const moveAway = async (): Promise<void> => {
    for (;;) {
      // Kafka takes no cordon for a broker that is down: one that comes back meanwhile gets its cordon here.
      await withinDeadline("brokers that go get no new replicas", async () => {
        await cordon(kafka, await leaving());
        return [];
      });
      const moves = await movesAway();
      Object.assign(moved, await moveCopies(kafka, moves, task.moveBytesPerSecond, log));
      moved.movedCopies += moves.reduce((sum, { adding }) => sum + adding.length, 0);
      if (moves.length === 0) return;
    }
  };

  await moveAway();
  const votes = await takeVotes();
  // A broker that was down until now may have got replicas before its cordon.
  await moveAway();
  await withinDeadline("brokers that go are empty", async () => {
    const left = await Promise.all(
      (await leaving()).map(async (id) => {
        const copies = await copiesOn(kafka, id);
        return copies.length > 0 ? [`broker ${id} still has ${copies.length} copies of partitions`] : [];
      }),
    );
    return left.flat();
  });
  // Last: until here every replica that acks=all can wait for is still there, and a drain that fails has lowered nothing.
  await withinDeadline("fewer replicas that have to be in sync", async () => {
    await requireInSync(kafka, task, await plannedLayout(kafka));
    return [];
  });
  return { ...moved, ...votes };
}

function cordonMissing(down: readonly number[]): string {
  return (
    `brokers that go don't serve, and their volumes would be deleted: ${down.join(", ")}. One that comes back before its pod goes could ` +
    "get replicas, which would be lost. Set kafka.storage.ofRemovedBrokers to keep for this change, or let them serve first. No replica was " +
    "moved. [KK870]"
  );
}

function withinDeadline(what: string, problems: () => Promise<string[]>): Promise<void> {
  return new Deadline(DEADLINE_SECONDS).waitUntil(what, problems);
}

/** Numbers of replicas of topics that aren't the user's: a verification's topic has one on each broker that stays, at most. */
async function copiesLeft(kafka: Connection, task: ChangeTask): Promise<Record<string, number>> {
  const names = await verificationTopics(kafka);
  const verified = (await plannedLayout(kafka)).filter(({ topic }) => names.includes(topic));
  const large = tooManyCopies(verified, task.brokers.length).keys();
  return { ...plannedCopies(task), ...Object.fromEntries([...large].map((topic) => [topic, task.brokers.length])) };
}

async function refuseWhatDoesNotFit(
  kafka: Connection,
  task: ChangeTask,
  planned: Readonly<Record<string, number>>,
): Promise<void> {
  const users = (await plannedLayout(kafka)).filter(({ topic }) => !(topic in planned));
  const [first, ...others] = tooManyCopies(users, task.brokers.length);
  if (!first) return;
  const [topic, copies] = first;
  const more =
    others.length > 0 ? ` (and ${others.length} more topics: ${others.map(([name]) => name).join(", ")})` : "";
  throw new Fatal(
    `the topic ${topic} has ${copies} copies${more}, but ${task.brokers.length} brokers would be left. ` +
      `Keep ${copies} brokers, or give the topic fewer copies first. Nothing was moved. [KK813]`,
  );
}

/** Where the planned voters listen, by their id. */
export function votersOf({ voters }: Pick<ChangeTask, "voters">): Map<number, { host: string; port: number }> {
  return new Map(voters.map(({ id, host, port }) => [id, { host, port }]));
}
