/** A record where a client saw it. Its number is the producer's: 0, 1, 2, … in each partition. */
export type Seen = readonly [offset: number, number: number];

/** What was seen, by partition. A log is in the order of its offsets, what a consumer got in the order that it came. */
export type ByPartition = Readonly<Record<string, readonly Seen[]>>;

/** The epoch of the producer that a record was written in, such as `1000:0`, by its place in the log. */
export type EpochOf = (partition: string, offset: number) => string;

export interface Verdict {
  acknowledged: number;
  /** Acknowledged, but not in the log. */
  lost: number;
  /** More than once in the log, in one epoch of the producer. */
  duplicated: number;
  /** In the log behind one with a higher number of the same epoch. */
  outOfOrder: number;
  /**
   * In the log again since the client sent them in another epoch. Brokers keep each epoch's sequence and know nothing of
   * earlier ones; librdkafka (seen with 2.0.2 and 2.16.0) begins another epoch for all of its partitions where one of them
   * was refused, and sends again what another partition had written but not acknowledged.
   */
  resentByClient: number;
  /** Acknowledged, but never given to the consumer group. */
  missedByGroup: number;
}

/** Compares what brokers acknowledged with what their log holds and with what a consumer group was given. */
export function judge(acknowledged: ByPartition, log: ByPartition, consumed: ByPartition, epochOf: EpochOf): Verdict {
  const epochs = Object.entries(log).flatMap(([partition, records]) => [
    ...Map.groupBy(records, ([offset]) => epochOf(partition, offset)).values(),
  ]);
  const duplicated = sum(epochs.map(repeated));
  return {
    acknowledged: Object.values(acknowledged).flat().length,
    lost: missing(acknowledged, log),
    duplicated,
    outOfOrder: sum(epochs.map(behindAHigherOne)),
    resentByClient: sum(Object.values(log).map(repeated)) - duplicated,
    missedByGroup: missing(acknowledged, consumed),
  };
}

function repeated(records: readonly Seen[]): number {
  return records.length - numbers(records).size;
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
