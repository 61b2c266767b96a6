export interface Step {
  (claim: string, prove: () => Promise<void>): void;
  /** What is done at the end, however the story went. */
  cleanUp(tidy: () => Promise<void>): void;
}

/** A test whose steps build on each other: after one has failed, those that follow fail at once and say so. */
export function story(title: string, tell: (step: Step) => void): void {
  describe(title, () => {
    let broken: string | undefined;
    const step = ((claim, prove) => {
      test(claim, async () => {
        if (broken !== undefined) throw new Error(`not tried, since this failed before: ${broken}`);
        broken = claim;
        await prove();
        broken = undefined;
      });
    }) as Step;
    step.cleanUp = (tidy) => afterAll(tidy);
    tell(step);
  });
}
