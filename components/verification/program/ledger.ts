/** Keeps count of what was sent and what came back, partition by partition. Numbers start at 0 and have no gaps. */
export class Ledger {
  private readonly sent = new Map<number, number>();
  private readonly received = new Map<number, number>();
  private readonly mistakes: string[] = [];

  /** The number of the next record for this partition. */
  next(partition: number): number {
    const number = this.sent.get(partition) ?? 0;
    this.sent.set(partition, number + 1);
    return number;
  }

  receive(partition: number, number: number): void {
    const awaited = this.received.get(partition) ?? 0;
    if (number < awaited) this.mistakes.push(`partition ${partition}: record ${number} came again or late`);
    if (number > awaited) this.mistakes.push(`partition ${partition}: records ${awaited} to ${number - 1} are missing`);
    this.received.set(partition, Math.max(awaited, number + 1));
  }

  sentTo(partition: number): number {
    return this.sent.get(partition) ?? 0;
  }

  /** What can't become right any more. */
  get wrong(): string[] {
    const tooMany = [...this.received]
      .filter(([partition, count]) => count > this.sentTo(partition))
      .map(([partition]) => `partition ${partition}: records came that were not sent`);
    return [...this.mistakes, ...tooMany];
  }

  /** What has not come yet. */
  get outstanding(): string[] {
    return [...this.sent]
      .filter(([partition, count]) => (this.received.get(partition) ?? 0) < count)
      .map(
        ([partition, count]) => `partition ${partition}: ${this.received.get(partition) ?? 0} of ${count} records came`,
      );
  }
}
