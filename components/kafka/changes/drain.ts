import type { Connection } from "../protocol/connection";
import { copiesOn, layoutOf } from "../protocol/partitions";
import { Deadline, Fatal } from "../../programs/program/waiting";
import { planMoves, tooManyCopies } from "./moves";
import { moveCopies, plannedLayout } from "./reassign";
import { cordon, plannedCopies, requireInSync } from "./settings";
import type { ChangeTask } from "./task";
import { changeVoters, type VoterChanges } from "./voters";

const DEADLINE_SECONDS = 120;

/**
 * Takes everything off the brokers that aren't planned any more: partitions, then votes. They go on running, empty.
 * Nothing is touched where the other brokers couldn't keep all copies.
 *
 * @throws Error that says which topics have more copies than brokers would be left
 */
export async function drain(
  kafka: Connection,
  task: ChangeTask,
  log: (line: string) => void,
): Promise<{ movedCopies: number } & VoterChanges> {
  const soon = new Deadline(DEADLINE_SECONDS);
  const isPlanned = (id: number): boolean => task.brokers.includes(id);
  await soon.waitUntil("brokers that stay", async () => {
    const { brokers } = await layoutOf(kafka);
    const missing = task.brokers.filter((id) => !brokers.some((each) => each.id === id));
    return missing.length > 0 ? [`brokers that have to stay don't serve: ${missing.join(", ")}`] : [];
  });
  await refuseWhatDoesNotFit(kafka, task);

  const leaving = async (): Promise<number[]> =>
    (await layoutOf(kafka)).brokers.map(({ id }) => id).filter((id) => !isPlanned(id));
  await soon.waitUntil("brokers that go get no new partitions", async () => {
    await cordon(kafka, await leaving(), true);
    await requireInSync(kafka, task, await plannedLayout(kafka));
    return [];
  });

  let movedCopies = 0;
  for (;;) {
    const { brokers } = await layoutOf(kafka);
    const stay = brokers.filter(({ id }) => isPlanned(id));
    const moves = planMoves(await plannedLayout(kafka), stay, { copies: plannedCopies(task) });
    await moveCopies(kafka, moves, task.moveBytesPerSecond, log);
    movedCopies += moves.reduce((sum, { adding }) => sum + adding.length, 0);
    if (moves.length === 0) break;
  }
  await soon.waitUntil("brokers that go are empty", async () => {
    const left = await Promise.all(
      (await leaving()).map(async (id) => {
        const copies = await copiesOn(kafka, id);
        return copies.length > 0 ? [`broker ${id} still has ${copies.length} copies of partitions`] : [];
      }),
    );
    return left.flat();
  });
  log("taking votes");
  const votes = await changeVoters(kafka, votersOf(task), new Deadline(DEADLINE_SECONDS));
  return { movedCopies, ...votes };
}

async function refuseWhatDoesNotFit(kafka: Connection, task: ChangeTask): Promise<void> {
  const own = plannedCopies(task);
  const users = (await plannedLayout(kafka)).filter(({ topic }) => !(topic in own));
  const [first, ...others] = tooManyCopies(users, task.brokers.length);
  if (!first) return;
  const [topic, copies] = first;
  const more =
    others.length > 0 ? ` (and ${others.length} more topics: ${others.map(([name]) => name).join(", ")})` : "";
  throw new Fatal(
    `the topic ${topic} has ${copies} copies${more}, but ${task.brokers.length} brokers would be left. ` +
      `Keep ${copies} brokers, or give the topic fewer copies first. Nothing was moved.`,
  );
}

/** Where the planned voters listen, by their id. */
export function votersOf({ voters }: ChangeTask): Map<number, { host: string; port: number }> {
  return new Map(voters.map(({ id, host, port }) => [id, { host, port }]));
}
