import { changeWithKills } from "../../../e2e/years/killedChange";
import type { Stack } from "../../../support/stack";

/** A stack whose killed `up`s run for so many seconds at most, and the calls that it got. */
function stackWith(...durations: readonly number[]): { stack: Stack; calls: string[] } {
  const calls: string[] = [];
  const left = [...durations];
  const stack = {
    killUp: (seconds: number) => {
      calls.push(`kill after ${seconds}`);
      return Promise.resolve(seconds < left.shift()!);
    },
    cancel: () => Promise.resolve(void calls.push("cancel")),
    up: () => Promise.resolve((calls.push("up"), { changes: {}, seconds: 9 })),
  };
  return { stack: stack as unknown as Stack, calls };
}

beforeEach(() => jest.spyOn(console, "log").mockReturnValue());

test("each killed `up` leaves its lock, which is removed before the next; the last one runs to its end", async () => {
  const { stack, calls } = stackWith(1000, 1000);
  expect(await changeWithKills(stack, 2, 100, () => 0.5)).toEqual({
    killedAfterSeconds: [20, 40],
    completedInSeconds: 9,
  });
  expect(calls).toEqual(["kill after 20", "cancel", "kill after 40", "cancel", "up"]);
});

test("an `up` that ended before its kill doesn't count, and ends the kills", async () => {
  const { stack, calls } = stackWith(1000, 30, 1000);
  const { killedAfterSeconds } = await changeWithKills(stack, 3, 150, () => 0.5);
  expect(killedAfterSeconds).toEqual([20]);
  expect(calls).toEqual(["kill after 20", "cancel", "kill after 40", "up"]);
});
