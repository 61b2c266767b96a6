/** Largest number of partitions that an error names; the others are only counted. */
const NAMED = 3;

/**
 * Counts records that were sent and received, by partition. A partition's records are numbered from 0, so a record's
 * offset has to be the log's first offset plus the record's number.
 */
export class Ledger {
  private readonly sent = new Map<number, number>();
  private readonly received = new Map<number, number>();
  /** The first mistake of each partition: after one missing record, all later ones are in the wrong place. */
  private readonly mistakes = new Map<number, string>();

  /** @param begin offset at which each partition's log began */
  constructor(private readonly begin: readonly number[]) {}

  /** The number of the next record for this partition. */
  next(partition: number): number {
    const number = this.sentTo(partition);
    this.sent.set(partition, number + 1);
    return number;
  }

  /**
   * Counts a received record. A consumer that lost its connection reads again from the beginning, so the same record at
   * the same offset is no duplicate.
   *
   * @returns whether the record was received for the first time
   */
  receive(partition: number, offset: number, number: number): boolean {
    const place = offset - this.begin[partition]!;
    const count = this.receivedFrom(partition);
    const awaited = Math.min(place, count);
    if (number < place) this.mistake(partition, `record ${number} came again or late`);
    if (number > awaited) this.mistake(partition, `records ${awaited} to ${number - 1} are missing`);
    this.received.set(partition, Math.max(count, place + 1));
    return place >= count;
  }

  /** Records that a partition's records are not what was sent. */
  mistake(partition: number, what: string): void {
    if (!this.mistakes.has(partition)) this.mistakes.set(partition, `partition ${partition}: ${what}`);
  }

  sentTo(partition: number): number {
    return this.sent.get(partition) ?? 0;
  }

  private receivedFrom(partition: number): number {
    return this.received.get(partition) ?? 0;
  }

  /** Number of records that were sent and not received yet. */
  get unread(): number {
    return [...this.sent].reduce((sum, [partition, count]) => sum + count - this.receivedFrom(partition), 0);
  }

  /** Mistakes that no waiting can heal, in sentences. */
  get wrong(): string[] {
    const tooMany = [...this.received]
      .filter(([partition, count]) => count > this.sentTo(partition))
      .map(([partition]) => `partition ${partition}: records came that were not sent`);
    return [...this.mistakes.values(), ...tooMany];
  }

  /** Partitions with records that were not received yet, in sentences. */
  get outstanding(): string[] {
    const partitions = [...this.sent].filter(([partition, count]) => this.receivedFrom(partition) < count);
    const named = partitions
      .slice(0, NAMED)
      .map(([partition, count]) => `partition ${partition}: ${this.receivedFrom(partition)} of ${count} records came`);
    const others = partitions.length - named.length;
    return others > 0 ? [...named, `${others} more partitions`] : named;
  }
}
