import { isClear, meanRatio } from "../../e2e/kafka/meanRatio";

test("a ratio and its reciprocal make a mean of one", () => {
  expect(meanRatio([2, 1 / 2]).ratio).toBeCloseTo(1);
  expect(meanRatio([0.9, 0.9, 0.9])).toEqual({ ratio: 0.9, low: 0.9, high: 0.9 });
});

test("four times as many measurements of the same spread halve the uncertainty", () => {
  const spreadOf = ({ low, high }: { low: number; high: number }): number => Math.log(high / low);
  const few = [0.8, 1, 1.1, 0.95, 0.9, 1.05];
  const many = Array.from({ length: 24 }, (_, count) => few[count % few.length]!);
  expect(spreadOf(meanRatio(few)) / spreadOf(meanRatio(many))).toBeCloseTo(2, 0);
});

test("a mean is clear once its bounds are on one side of the limit", () => {
  expect(isClear({ ratio: 0.95, low: 0.91, high: 0.99 }, 0.9)).toBe(true);
  expect(isClear({ ratio: 0.85, low: 0.81, high: 0.89 }, 0.9)).toBe(true);
  expect(isClear({ ratio: 0.95, low: 0.89, high: 1.01 }, 0.9)).toBe(false);
});
