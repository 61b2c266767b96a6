import { readable } from "./diskSpace";

/** A replica that is being made. */
export interface NewReplica {
  /** @example "orders-3 on 2" for the replica of partition 3 on broker 2 */
  readonly name: string;
  /** Id of the broker that leads the partition, from which the replica is copied. */
  readonly from: number;
  /** Id of the broker that gets the replica. */
  readonly to: number;
  /** Bytes that the replica has already. */
  readonly bytes: number;
}

/** Progress of a batch of moves. */
export interface Progress {
  /** Number of partitions that are not in their target layout. */
  readonly unfinished: number;
  readonly replicas: readonly NewReplica[];
  /** Bytes that the new replicas lack, compared with the largest replica of their partition. */
  readonly lacking: number;
}

/** Time between two comparisons. Within a minute, a burst of writes or a broker's restart evens out. */
const WINDOW_MS = 60_000;
/** If the busiest broker uses less than this share of the limit, the limit isn't what slows moves down. */
const USED = 0.5;
/** Windows in a row with an unused limit before it is given up as the cause: a broker may restart during one. */
const UNUSED_WINDOWS = 2;

/**
 * Limit of the moves' rate for each broker. It is raised while moves fall behind producers.
 *
 * There is no fixed maximum, since one for a network of 1 Gbit/s would let moves on one of 25 Gbit/s never end.
 * Instead, the limit is doubled only if the busiest broker has used it. So it is never more than four times the rate
 * that this broker has reached. If moves fall behind without using their limit, no limit helps. It is then reset to the
 * configured value for good, so that clients get their bandwidth back. The caller logs each change.
 */
export class Pace {
  private window?: { readonly from: number; readonly progress: Progress };
  private leastLacking = Infinity;
  private unusedWindows = 0;
  private readonly configured: number;

  /** @param bytesPerSecond configured limit, to begin with */
  constructor(public bytesPerSecond: number) {
    this.configured = bytesPerSecond;
  }

  /** Forgets earlier observations when a new batch begins: they say nothing about its partitions and brokers. */
  begin(): void {
    this.window = undefined;
    this.leastLacking = Infinity;
    this.unusedWindows = 0;
  }

  /**
   * Records the moves' progress. Changes the limit if, over a minute, new replicas have grown and still lack as much as
   * before: then producers write as fast as replicas are copied.
   *
   * @param now time in ms
   * @returns a sentence about the change; undefined if the limit stays
   */
  observe(progress: Progress, now: number): string | undefined {
    this.leastLacking = Math.min(this.leastLacking, progress.lacking);
    this.window ??= { from: now, progress };
    if (now - this.window.from < WINDOW_MS) return undefined;
    const { from, progress: before } = this.window;
    this.window = { from: now, progress };
    if (this.isInVain) return undefined;
    if (!fallsBehind(before, progress)) {
      this.unusedWindows = 0;
      return undefined;
    }
    const used = busiest(before, progress) / ((now - from) / 1000);
    if (used >= this.bytesPerSecond * USED) {
      this.unusedWindows = 0;
      this.bytesPerSecond *= 2;
      return (
        `moves don't catch up with what producers write: new replicas lack ${readable(progress.lacking)}, no less than a minute ` +
        `ago. Moves may take ${this.rate} of each broker's network from now on, until they are done`
      );
    }
    if (++this.unusedWindows < UNUSED_WINDOWS) return undefined;
    this.bytesPerSecond = this.configured;
    return (
      `moves don't catch up with what producers write, and their limit isn't the reason: a broker copies ` +
      `${readable(used)} a second at most. Moves may take ${this.rate} of each broker's network again, as configured`
    );
  }

  /**
   * Describes the progress. The text changes when moves advance, not while new replicas only keep up with producers.
   */
  describe({ unfinished }: Progress): string {
    const reason = this.isInVain
      ? ". Producers write faster than the brokers' disks or network let replicas be copied: have them write less until this is " +
        "done, or give these topics fewer replicas to move. What has begun to move goes on with the next run [KK817]"
      : "";
    return `${unfinished} partitions are on the move, their new replicas lack ${this.leastLacking} bytes at best${reason}`;
  }

  private get isInVain(): boolean {
    return this.unusedWindows >= UNUSED_WINDOWS;
  }

  private get rate(): string {
    return `${readable(this.bytesPerSecond)} a second`;
  }
}

/** Whether new replicas have grown and still lack as much as before. */
export function fallsBehind(before: Progress, now: Progress): boolean {
  return now.unfinished >= before.unfinished && bytesOf(now) > bytesOf(before) && now.lacking >= before.lacking;
}

function bytesOf({ replicas }: Progress): number {
  return replicas.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes that the busiest broker has sent or received since `before`. The limit applies to each direction. */
function busiest(before: Progress, now: Progress): number {
  const earlier = new Map(before.replicas.map(({ name, bytes }) => [name, bytes]));
  const grown = new Map<string, number>();
  for (const { name, from, to, bytes } of now.replicas) {
    for (const end of [`from ${from}`, `to ${to}`]) {
      grown.set(end, (grown.get(end) ?? 0) + bytes - (earlier.get(name) ?? bytes));
    }
  }
  return Math.max(0, ...grown.values());
}
