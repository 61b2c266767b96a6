/** A batch of records in a partition's log. */
export interface Batch {
  readonly lastOffset: number;
  /** Producer id and epoch. @example "1000:0" */
  readonly epoch: string;
}

/**
 * The batch that has an offset; undefined if the log ends before it. It halves the log at each step, since a load of an
 * hour has tens of thousands of batches, and is asked for each of its records.
 *
 * @param batches in the order of offsets
 */
export function batchWith(batches: readonly Batch[], offset: number): Batch | undefined {
  let [low, high] = [0, batches.length];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (batches[middle]!.lastOffset < offset) low = middle + 1;
    else high = middle;
  }
  return batches[low];
}
