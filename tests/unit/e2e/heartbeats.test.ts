import { livenessIn, worstOf } from "../../e2e/kafka/heartbeats";

/** A line of a broker's log, so many seconds after another. */
const lineAt = (seconds: number, text: string): string =>
  `[${new Date(Date.UTC(2026, 10, 28, 9, 0, 0) + seconds * 1000).toISOString().replace("T", " ").replace(".", ",").replace("Z", "")}] INFO ${text}`;
const log = (...lines: string[]): string => lines.join("\n");
const failed = (seconds: number): string =>
  lineAt(seconds, "[BrokerLifecycleManager id=0] Unable to send broker heartbeat for 0. Retrying. (kafka.server)");
const refused = (seconds: number): string =>
  lineAt(
    seconds,
    "[BrokerLifecycleManager id=0] Broker 0 sent a heartbeat request but received error NOT_CONTROLLER. (kafka)",
  );
const starts = lineAt(
  0,
  "[BrokerLifecycleManager id=0] Incarnation x of broker 0 in cluster y is now STARTING. (kafka)",
);
const serves = lineAt(
  8,
  "[BrokerLifecycleManager id=0] The broker has been unfenced. Transitioning from RECOVERY to RUNNING.",
);
const stops = lineAt(20, "[BrokerLifecycleManager id=0] Beginning controlled shutdown. (kafka.server)");

const fences = (seconds: number, broker: number): string =>
  lineAt(
    seconds,
    `[QuorumController id=2] Fencing broker ${broker} at epoch 7 because its session has timed out. (kafka)`,
  );

test("a serving broker that the active controller fenced is reported", () => {
  const controller = livenessIn(log(serves, fences(1, 0), fences(2, 1)));
  expect(worstOf([controller]).fencedInService).toEqual([fences(1, 0), fences(2, 1)]);
});

test("a broker that was stopped cleanly isn't reported, since its session expires afterwards", () => {
  const [stopped, controller] = [livenessIn(stops), livenessIn(log(serves, fences(29, 0), fences(29, 1)))];
  expect(worstOf([stopped, controller]).fencedInService).toEqual([fences(29, 1)]);
  expect(worstOf([stopped, livenessIn(log(serves, fences(19, 0), fences(90, 0)))]).fencedInService).toHaveLength(2);
});

test.each([
  ["no heartbeat that failed", [], 0],
  ["one", [failed(1)], 2],
  ["three in a row, for whatever reason", [failed(1), refused(4), failed(8)], 9],
  ["two with others between them that got through", [failed(1), failed(11)], 2],
])("a broker with %s was silent for that time and the interval before it", (_, lines, seconds) =>
  expect(livenessIn(log(...lines, stops)).longestSilenceSeconds).toBe(seconds),
);

test("a broker that starts or stops may be silent, a serving one may not", () => {
  expect(
    livenessIn(log(starts, failed(1), failed(5), serves, stops, failed(21), failed(24))).longestSilenceSeconds,
  ).toBe(0);
  expect(livenessIn(log(starts, serves, failed(9), failed(12), stops)).longestSilenceSeconds).toBe(5);
});

test("a line without a time is an error, and doesn't count as no silence", () =>
  expect(() => livenessIn("Unable to send broker heartbeat for 0. Retrying.")).toThrow("without a time"));

test("a log without lines about the broker is an error, since a changed format would look like no silence", () => {
  expect(() => livenessIn("")).toThrow("doesn't say when its broker serves");
  expect(() => livenessIn(failed(1))).toThrow("doesn't say when its broker serves");
});

test("the worst of several logs counts", () =>
  expect(worstOf([livenessIn(log(failed(1), stops)), livenessIn(log(failed(1), failed(4), stops))])).toEqual({
    fencedInService: [],
    longestSilenceSeconds: 5,
  }));
