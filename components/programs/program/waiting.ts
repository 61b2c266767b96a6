/** Wrong in a way that no waiting mends. */
export class Fatal extends Error {}

/** When waiting ends, for all steps together. */
export class Deadline {
  private end: number;

  constructor(
    private readonly seconds: number,
    private readonly pollMs = 250,
  ) {
    this.end = performance.now() + seconds * 1000;
  }

  /**
   * Asks again and again until there is nothing left to object to. An error of `problems` counts as an objection, since
   * a cluster that is still starting refuses connections; a Fatal one ends the waiting at once.
   *
   * @throws Error that says what was still wrong at the deadline
   */
  async waitUntil(what: string, problems: () => Promise<string[]>): Promise<void> {
    await this.wait(what, problems, () => undefined);
  }

  /** As `waitUntil`, but for something that takes its time: each time the objections change, it begins anew. */
  async waitWhileChanging(what: string, problems: () => Promise<string[]>): Promise<void> {
    let before = "";
    await this.wait(what, problems, (found) => {
      if (found.join() !== before) this.end = performance.now() + this.seconds * 1000;
      before = found.join();
    });
  }

  private async wait(
    what: string,
    problems: () => Promise<string[]>,
    onFound: (problems: string[]) => void,
  ): Promise<void> {
    for (;;) {
      const found = await problems().catch((error: Error) => {
        if (error instanceof Fatal) throw error;
        return [error.message];
      });
      if (found.length === 0) return;
      onFound(found);
      if (performance.now() > this.end) {
        throw new Error(`${what} did not come true within ${this.seconds} seconds: ${found.join("; ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, this.pollMs));
    }
  }

  /** Waits for something that has no time limit of its own. */
  async bound<T>(what: string, promise: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const fail = (): void => reject(new Error(`${what} did not end within ${this.seconds} seconds`));
      timer = setTimeout(fail, Math.max(0, this.end - performance.now()));
    });
    const named = promise.catch((error: Error) => {
      throw error instanceof Fatal ? error : new Error(`${what} failed: ${error.message}`);
    });
    return Promise.race([named, late]).finally(() => clearTimeout(timer));
  }
}
