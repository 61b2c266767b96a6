import { mayHeal, reasonOf } from "../../failures";

/** Time limit of one or several waits. Progress extends it. */
export class Deadline {
  private end = 0;
  private readonly latest: number;

  /**
   * @param seconds time that may pass without progress
   * @param pollMs time between two attempts
   * @param longest seconds that all waits may take together, even with progress @default no limit
   */
  constructor(
    private readonly seconds: number,
    private readonly pollMs = 250,
    private readonly longest = Infinity,
  ) {
    this.latest = performance.now() + longest * 1000;
    this.progress();
  }

  /** Restarts the time limit because there was progress. */
  progress(): void {
    this.end = Math.min(performance.now() + this.seconds * 1000, this.latest);
  }

  /**
   * Calls `problems` until it returns none. An error counts as a problem, since a cluster that is still starting
   * refuses connections. An error that can't heal is thrown at once.
   *
   * @param what what is waited for, as a noun: `brokers as planned`
   * @throws Error with the problems that were left at the deadline
   */
  async waitUntil(what: string, problems: () => Promise<string[]>): Promise<void> {
    await this.wait(what, problems, () => undefined);
  }

  /** Calls `question` until it answers: on a busy cluster, a single refused connection is no failure. */
  async answer<T>(what: string, question: () => Promise<T>): Promise<T> {
    const answers: T[] = [];
    await this.waitUntil(what, async () => {
      answers.push(await question());
      return [];
    });
    return answers[0]!;
  }

  /** Like `waitUntil`, for something that may take long: a change of the problems counts as progress. */
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
        return [reasonOf(error)];
      });
      if (found.length === 0) return;
      onFound(found);
      if (performance.now() > this.end) {
        throw new Error(`${what} did not come true within ${this.limit}: ${found.join("; ")}`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, this.pollMs));
    }
  }

  /** Waits for a promise that has no time limit of its own. */
  async bound<T>(what: string, promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      const check = (): void => {
        const left = this.end - performance.now();
        if (left > 0)
          timer = setTimeout(check, left); // progress may have extended the limit meanwhile
        else reject(new Error(`${what} did not end within ${this.limit}`));
      };
      check();
    });
    const named = promise.catch((error: Error) => {
      throw mayHeal(error) ? new Error(`${what} failed: ${reasonOf(error)}`, { cause: error }) : error;
    });
    return Promise.race([named, timeout]).finally(() => clearTimeout(timer));
  }

  private get limit(): string {
    return this.end < this.latest ? `${this.seconds} seconds` : `the ${this.longest} seconds that all may take`;
  }
}
