import { comparePerHost } from "../../../e2e/years/comparison";

test("the shortest time of each side counts, per host", () => {
  const times = { up: [300, 250], byHand: [200, 400] };
  expect(comparePerHost(times, 5)).toEqual({ up: 50, byHand: 40, ratio: 1.25 });
});

test("a ratio just above the limit isn't rounded down to it", () =>
  expect(comparePerHost({ up: [125.2], byHand: [100] }, 1).ratio).toBeGreaterThan(1.25));

test.each([
  ["a side without a time", { up: [], byHand: [200] }],
  ["a time of zero", { up: [0], byHand: [200] }],
  ["a time that is none", { up: [100], byHand: [NaN] }],
])("%s is an error, and no good ratio", (_, times) =>
  expect(() => comparePerHost(times, 3)).toThrow("no times to compare"),
);
