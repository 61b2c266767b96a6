/**
 * Share of an undisturbed change's duration in which `up` is killed: after the last kill, enough has to be left to be
 * carried on.
 */
const SHARE = 0.8;

/**
 * Times, in seconds, after which each `up` of a change is killed. The moments are spread over the whole change, one
 * in each of `kills` equal parts, at a random place there. Each next `up` goes on where the killed one was, so that
 * the time of each begins with the kill before.
 *
 * @param seconds duration of an undisturbed change
 * @param random a number from 0 to below 1
 */
export function runsUntilKilled(kills: number, seconds: number, random: () => number): number[] {
  const part = (seconds * SHARE) / kills;
  const moments = Array.from({ length: kills }, (_, index) => (index + random()) * part);
  return moments.map((moment, index) => moment - (moments[index - 1] ?? 0));
}

/**
 * Number of kills in the next one of several upgrades. An `up` that ended before its kill leaves that kill to the
 * upgrades after it.
 *
 * @param missing kills that are still to come
 * @param upgrades that are still to come, with the next one
 */
export function killsOfNext(missing: number, upgrades: number): number {
  return Math.ceil(missing / upgrades);
}
