import { latency, percentile, throughput } from "../../../../components/verification/inPod/statistics";

test("half of the values lie at or below the median, whatever their order", () =>
  expect(percentile([9, 1, 5, 3, 7], 0.5)).toBe(5));

test("the 99th percentile of a hundred values is the second highest", () =>
  expect(
    percentile(
      Array.from({ length: 100 }, (_, i) => i + 1),
      0.99,
    ),
  ).toBe(99));

test("a single value is every percentile", () => expect(latency([4.26])).toEqual({ p50: 4.3, p99: 4.3 }));

test("throughput counts megabytes of a million bytes", () =>
  expect(throughput(1000, 3_000_000, 500)).toEqual({ seconds: 0.5, messagesPerSecond: 2000, megabytesPerSecond: 6 }));
