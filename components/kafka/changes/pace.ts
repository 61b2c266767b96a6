import { readable } from "./diskSpace";

/** A replica that is being made. */
export interface NewReplica {
  /** Its topic, partition and broker. */
  readonly name: string;
  /** Broker that leads its partition, from which it is copied. */
  readonly from: number;
  /** Broker that gets it. */
  readonly to: number;
  /** Bytes that it holds. */
  readonly bytes: number;
}

/** How far the moves of some partitions are. */
export interface Progress {
  /** Partitions that aren't where they have to be. */
  readonly unfinished: number;
  readonly replicas: readonly NewReplica[];
  /** Bytes that these lack of what the largest replica of their partition holds. */
  readonly lacking: number;
}

/** Long enough that a burst of writes or a broker that restarts doesn't look like a trend. */
const WINDOW_MS = 60_000;
/** Moves whose busiest broker uses less than this share of the limit aren't held up by the limit. */
const USED = 0.5;
/** Windows in a row that show that the limit isn't what holds moves up: one may have had a broker's restart in it. */
const UNUSED_WINDOWS = 2;

/**
 * The limit of the moves' rate for each broker, which is raised while moves fall behind what producers write.
 *
 * No number bounds it from above: one that is right for a network of 1 Gbit/s would let moves never end on one of 25. What was
 * measured does. The limit is doubled only where the busiest broker has used it, so that it is never more than four times
 * what that broker's disks and network were seen to take. Where moves fall behind although they don't use their limit, no
 * limit helps: it goes back to what the config says, so that clients have the rest again, and stays there. Each change is for
 * the caller to say.
 */
export class Pace {
  private window?: { readonly from: number; readonly progress: Progress };
  private least = Infinity;
  private unusedWindows = 0;
  private readonly configured: number;

  /** @param bytesPerSecond limit to begin with */
  constructor(public bytesPerSecond: number) {
    this.configured = bytesPerSecond;
  }

  /** Other partitions begin to move: what was seen before says nothing about them, nor about their brokers. */
  begin(): void {
    this.window = undefined;
    this.least = Infinity;
    this.unusedWindows = 0;
  }

  /**
   * Takes note of how far moves are. Changes the limit where, over a minute, new replicas have grown and lack as much as before:
   * producers write as fast as replicas are copied.
   *
   * @param now time in ms
   * @returns what to say of the change; undefined where the limit stays
   */
  see(progress: Progress, now: number): string | undefined {
    this.least = Math.min(this.least, progress.lacking);
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

  /** Changes when moves get on, and not while new replicas only keep up with what is written. */
  describe({ unfinished }: Progress): string {
    const reason = this.isInVain
      ? ". Producers write faster than the brokers' disks or network let replicas be copied: have them write less until this is " +
        "done, or give these topics fewer replicas to move. What has begun to move goes on with the next run [KK817]"
      : "";
    return `${unfinished} partitions are on the move, their new replicas lack ${this.least} bytes at best${reason}`;
  }

  private get isInVain(): boolean {
    return this.unusedWindows >= UNUSED_WINDOWS;
  }

  private get rate(): string {
    return `${readable(this.bytesPerSecond)} a second`;
  }
}

/** Whether new replicas grow, and yet lack no less than before. */
export function fallsBehind(before: Progress, now: Progress): boolean {
  return now.unfinished >= before.unfinished && bytesOf(now) > bytesOf(before) && now.lacking >= before.lacking;
}

function bytesOf({ replicas }: Progress): number {
  return replicas.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Bytes that the busiest broker has sent or received meanwhile: the limit holds for each direction. */
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
