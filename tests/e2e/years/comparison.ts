/** Times of upgrades of equal clusters, in seconds, by how they were made: one of each in a round. */
export type Times = Readonly<Record<"up" | "byHand", readonly number[]>>;

export interface Comparison {
  /** Shortest time per host. */
  readonly up: number;
  readonly byHand: number;
  readonly ratio: number;
}

/**
 * Compares `up` with the same by hand. The shortest time of each counts, since other work on the machine only makes
 * them longer.
 *
 * @throws Error if one side has no time, or a time isn't one
 */
export function comparePerHost(times: Times, hosts: number): Comparison {
  const [up, byHand] = [times.up, times.byHand].map((seconds) => {
    const best = Math.min(...seconds);
    if (!Number.isFinite(best) || best <= 0) throw new Error(`no times to compare: ${JSON.stringify(times)}`);
    return best / hosts;
  }) as [number, number];
  return { up, byHand, ratio: Number((up / byHand).toFixed(3)) };
}
