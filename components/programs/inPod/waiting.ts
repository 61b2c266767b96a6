import { isMistake } from "../../failures";

/** Wrong in a way that no waiting mends. */
export class Fatal extends Error {}

/** Whether what has failed may succeed later. Neither a Fatal does, nor what comes from a mistake in the program. */
export function mayHeal(error: unknown): boolean {
  return !(error instanceof Fatal || isMistake(error));
}

/** When waiting ends, for all steps together. */
export class Deadline {
  private end = 0;
  private readonly latest: number;

  /**
   * @param seconds that may pass without progress; where nothing counts as progress, that all may take
   * @param pollMs between two looks
   * @param longest seconds that all may take, whatever the progress @default no limit
   */
  constructor(
    private readonly seconds: number,
    private readonly pollMs = 250,
    private readonly longest = Infinity,
  ) {
    this.latest = performance.now() + longest * 1000;
    this.progress();
  }

  /** Begins the time anew: something went on. */
  progress(): void {
    this.end = Math.min(performance.now() + this.seconds * 1000, this.latest);
  }

  /**
   * Asks again and again until there is nothing left to object to. An error of `problems` counts as an objection, since
   * a cluster that is still starting refuses connections. One that can't heal ends the waiting at once.
   *
   * @throws Error that says what was still wrong at the deadline
   */
  async waitUntil(what: string, problems: () => Promise<string[]>): Promise<void> {
    await this.wait(what, problems, () => undefined);
  }

  /** Asks again and again until there is an answer: one refused connection on a busy cluster says nothing. */
  async answer<T>(what: string, question: () => Promise<T>): Promise<T> {
    const answers: T[] = [];
    await this.waitUntil(what, async () => {
      answers.push(await question());
      return [];
    });
    return answers[0]!;
  }

  /** As `waitUntil`, but for something that takes its time: other objections than before are progress. */
  async waitWhileChanging(what: string, problems: () => Promise<string[]>): Promise<void> {
    let before = "";
    await this.wait(what, problems, (found) => {
      if (found.join() !== before) this.progress();
      before = found.join();
    });
  }

  private async wait(
    what: string,
    problems: () => Promise<string[]>,
    onFound: (problems: string[]) => void,
  ): Promise<void> {
    for (;;) {
      let cause: unknown;
      const found = await problems().catch((error: Error) => {
        if (!mayHeal(error)) throw error;
        cause = error;
        return [error.message];
      });
      if (found.length === 0) return;
      onFound(found);
      if (performance.now() > this.end) {
        throw new Error(`${what} did not come true within ${this.limit}: ${found.join("; ")}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, this.pollMs));
    }
  }

  /** Waits for something that has no time limit of its own. */
  async bound<T>(what: string, promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const look = (): void => {
        const left = this.end - performance.now();
        if (left > 0)
          timer = setTimeout(look, left); // progress may have moved the end meanwhile
        else reject(new Error(`${what} did not end within ${this.limit}`));
      };
      look();
    });
    const named = promise.catch((error: Error) => {
      throw mayHeal(error) ? new Error(`${what} failed: ${error.message}`, { cause: error }) : error;
    });
    return Promise.race([named, late]).finally(() => clearTimeout(timer));
  }

  private get limit(): string {
    return this.end < this.latest ? `${this.seconds} seconds` : `the ${this.longest} seconds that all may take`;
  }
}
