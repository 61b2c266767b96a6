/** A record as a client saw it. The producer numbers records 0, 1, 2, … in each partition. */
export type Seen = readonly [offset: number, number: number];

/** Seen records by partition: a log's in the order of offsets, a consumer's in the order of arrival. */
export type ByPartition = Readonly<Record<string, readonly Seen[]>>;

/** Producer id and epoch of the record at an offset. @example "1000:0" */
export type EpochOf = (partition: string, offset: number) => string;

export interface Verdict {
  acknowledged: number;
  /** Records that were acknowledged but aren't in the log. */
  lost: number;
  /** Records that are more than once in the log within a producer epoch. */
  duplicated: number;
  /** Records that follow one with a higher number of the same epoch. */
  outOfOrder: number;
  /**
   * Records that are in the log again because the client sent them in another epoch. Brokers check sequences only within an epoch. If a
   * batch of one partition is refused, librdkafka (seen with 2.0.2 and 2.16.0) begins a new epoch for all its partitions, and resends
   * records that another partition has written but not acknowledged.
   */
  resentByClient: number;
  /** Records that were acknowledged but never read by the consumer group. */
  missedByGroup: number;
}

/** Compares the acknowledged records with those in the log and those that a consumer group read. */
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
      const foundNumbers = numbers(found[partition] ?? []);
      return [...numbers(records)].filter((number) => !foundNumbers.has(number)).length;
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
