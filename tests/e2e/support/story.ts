export interface Step {
  (claim: string, prove: () => Promise<void>): void;
  /** Registers what is done at the end, whether or not a step has failed. */
  cleanUp(tidy: () => Promise<void>): void;
}

/** Tests that build on each other. After one has failed, the following ones fail at once and name it. */
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
