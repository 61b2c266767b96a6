import { killsOfNext, runsUntilKilled } from "../../../e2e/years/killPlan";
import { randomNumbers } from "../../../support/randomNumbers";

/** Moments of the kills, from the upgrade's beginning. */
const momentsOf = (runs: readonly number[]): number[] =>
  runs.reduce<number[]>((moments, run) => [...moments, (moments.at(-1) ?? 0) + run], []);

test("each kill is in its own part of the change, and after the last one a fifth is left", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const moments = momentsOf(runsUntilKilled(4, 100, randomNumbers(seed)));
    moments.forEach((moment, index) => {
      expect(moment).toBeGreaterThanOrEqual(index * 20);
      expect(moment).toBeLessThan((index + 1) * 20);
    });
  }
});

test("each `up` runs from the kill before to its own kill", () => {
  const random = jest.fn().mockReturnValueOnce(0.5).mockReturnValueOnce(0).mockReturnValueOnce(0.25);
  expect(runsUntilKilled(3, 150, random)).toEqual([20, 20, 50]);
});

test("the same seed gives the same kills, another one others", () => {
  const runs = (seed: number) => runsUntilKilled(5, 600, randomNumbers(seed));
  expect(runs(7)).toEqual(runs(7));
  expect(runs(7)).not.toEqual(runs(8));
});

test("no kill needs no moment", () => expect(runsUntilKilled(0, 100, () => 0.5)).toEqual([]));

test("kills are spread over the upgrades, and those that an upgrade lacked come in the ones after it", () => {
  expect([killsOfNext(10, 2), killsOfNext(5, 1)]).toEqual([5, 5]);
  expect([killsOfNext(10, 3), killsOfNext(6, 2), killsOfNext(3, 1)]).toEqual([4, 3, 3]);
  // Only 2 of the first 5 came.
  expect([killsOfNext(10, 2), killsOfNext(8, 1)]).toEqual([5, 8]);
  expect([killsOfNext(1, 2), killsOfNext(0, 1)]).toEqual([1, 0]);
});
