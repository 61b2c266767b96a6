/**
 * Gives all tests of a file a clock of their own: when a test only waits, the clock advances to the next timer at once. What takes
 * minutes then takes no time, and a busy machine reaches no time limit. Programs and the network aren't waited for.
 */
export function useVirtualTime(): void {
  beforeEach(() => {
    jest.useFakeTimers();
    // @types/jest doesn't have it yet.
    (jest as unknown as { setTimerTickMode: (mode: object) => void }).setTimerTickMode({ mode: "nextAsync" });
  });
  afterEach(() => jest.useRealTimers());
}
