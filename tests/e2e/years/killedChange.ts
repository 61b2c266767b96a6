import type { Stack } from "../../support/stack";
import { runsUntilKilled } from "./killPlan";

export interface KilledChange {
  /** Running time of each `up` that was killed. */
  killedAfterSeconds: number[];
  /** Duration of the last `up`, which completed the change. */
  completedInSeconds: number;
}

/**
 * Makes a change of the config by `up`s that are killed at random moments, and a last one that isn't. An `up` that
 * ended by itself was the last but one.
 *
 * @param seconds duration of an undisturbed change of the same kind
 * @throws Error if an `up` fails
 */
export async function changeWithKills(
  stack: Stack,
  kills: number,
  seconds: number,
  random: () => number,
): Promise<KilledChange> {
  const killedAfterSeconds: number[] = [];
  for (const run of runsUntilKilled(kills, seconds, random)) {
    if (!(await stack.killUp(run))) break;
    await stack.cancel();
    killedAfterSeconds.push(Number(run.toFixed(1)));
    console.log(`up killed after ${run.toFixed(1)} s, ${killedAfterSeconds.length} of ${kills}`);
  }
  const { seconds: completedInSeconds } = await stack.up();
  return { killedAfterSeconds, completedInSeconds };
}
