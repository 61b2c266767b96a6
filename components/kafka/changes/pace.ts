/** How far the moves of some partitions are. */
export interface Progress {
  /** Partitions that aren't where they have to be. */
  readonly open: number;
  /** Bytes that new replicas hold. */
  readonly copied: number;
  /** Bytes that they lack of what the largest replica of their partition holds. */
  readonly lacking: number;
}

/** Long enough that a burst of writes or a broker that restarts doesn't look like a trend. */
const WINDOW_MS = 60_000;

/** The limit of the moves' rate for each broker, which is raised while moves fall behind. */
export class Pace {
  private window?: { readonly from: number; readonly progress: Progress };
  private least = Infinity;

  /** @param bytesPerSecond limit to begin with */
  constructor(public bytesPerSecond: number) {}

  /** Other partitions begin to move: what was seen before says nothing about them. */
  begin(): void {
    this.window = undefined;
    this.least = Infinity;
  }

  /**
   * Takes note of how far moves are. Doubles the limit where, over a minute, new replicas have grown and lack as much as before:
   * producers write as fast as the limit lets replicas be copied.
   *
   * @param now time in ms
   * @returns whether the limit was raised
   */
  see(progress: Progress, now: number): boolean {
    this.least = Math.min(this.least, progress.lacking);
    this.window ??= { from: now, progress };
    if (now - this.window.from < WINDOW_MS) return false;
    const isBehind = fallsBehind(this.window.progress, progress);
    this.window = { from: now, progress };
    if (isBehind) this.bytesPerSecond *= 2;
    return isBehind;
  }

  /** Changes when moves get on, and not while new replicas only keep up with what is written. */
  describe({ open }: Progress): string {
    return `${open} partitions are on the move, their new replicas lack ${this.least} bytes at best`;
  }
}

/** Whether new replicas grow, and yet lack no less than before. */
export function fallsBehind(before: Progress, now: Progress): boolean {
  return now.open >= before.open && now.copied > before.copied && now.lacking >= before.lacking;
}
