/** A record where a client saw it. Its number is the producer's: 0, 1, 2, … in each partition. */
export type Seen = readonly [offset: number, number: number];

/** What was seen, by partition. A log is in the order of its offsets, what a consumer got in the order that it came. */
export type ByPartition = Readonly<Record<string, readonly Seen[]>>;

export interface Verdict {
  acknowledged: number;
  /** Acknowledged, but not in the log. */
  lost: number;
  /** More than once in the log. */
  duplicated: number;
  /** In the log behind one with a higher number. */
  outOfOrder: number;
  /** Acknowledged, but never given to the consumer group. */
  missedByGroup: number;
}

/** Compares what brokers acknowledged with what their log holds and with what a consumer group was given. */
export function judge(acknowledged: ByPartition, log: ByPartition, consumed: ByPartition): Verdict {
  return {
    acknowledged: Object.values(acknowledged).flat().length,
    lost: missing(acknowledged, log),
    duplicated: sum(Object.values(log).map((records) => records.length - numbers(records).size)),
    outOfOrder: sum(Object.values(log).map(behindAHigherOne)),
    missedByGroup: missing(acknowledged, consumed),
  };
}

function missing(expected: ByPartition, found: ByPartition): number {
  return sum(
    Object.entries(expected).map(([partition, records]) => {
      const there = numbers(found[partition] ?? []);
      return [...numbers(records)].filter((number) => !there.has(number)).length;
    }),
  );
}

function behindAHigherOne(records: readonly Seen[]): number {
  let highest = -1;
  return records.filter(([, number]) => {
    const behind = number < highest;
    highest = Math.max(highest, number);
    return behind;
  }).length;
}

function numbers(records: readonly Seen[]): Set<number> {
  return new Set(records.map(([, number]) => number));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
