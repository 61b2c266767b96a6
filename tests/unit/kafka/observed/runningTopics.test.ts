import * as pulumi from "@pulumi/pulumi";
import type { AdminApiClient } from "../../../../components/cluster/adminApiClient";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import type { TopicTask } from "../../../../components/kafka/changes/task";
import type { Topic } from "../../../../components/kafka/changes/topicDifference";
import { topicDrift, runningTopics, type RunningTopics } from "../../../../components/kafka/observed/runningTopics";

const task: TopicTask = {
  task: "topic",
  topic: { name: "orders", partitions: 2, replicationFactor: 2, config: { "retention.ms": "60000" } },
  configuredSettings: "kafka-configured-settings",
  movesLease: "kafka-topic-moves",
  brokers: [0, 1, 2],
  bootstrapServers: "",
  moveBytesPerSecond: 7,
};
const asConfigured: Topic = {
  name: "orders",
  id: "a",
  partitions: [0, 1].map((partition) => ({ topic: "orders", partition, replicas: [0, 1] })),
  config: { "retention.ms": "60000" },
  defaults: { "retention.ms": "604800000", "cleanup.policy": "delete" },
};
const changed: Topic = { ...asConfigured, config: { "retention.ms": "1000", "segment.ms": "5" } };
const line = "after orders-1a2b: orders: retention.ms is 1000, not 60000";
const run = { name: "orders-1a2b", program: "orders", task: JSON.stringify(task), succeeded: true, drift: "" };

const drift = (topics: readonly Topic[] | undefined, ...runs: RunningTopics["runs"]) =>
  topicDrift(task, "orders", { runs, ...(topics && { topics }) });

test("drift is reported with the topic's name and both values", () => expect(drift([changed], run)).toBe(line));

test("a deleted topic is reported, too", () =>
  expect(drift([], run)).toBe("after orders-1a2b: orders: it isn't there"));

test("the same drift after another run has another text, since its Job has to run again", () =>
  expect(drift([changed], { ...run, name: "orders-3c4d", drift: line })).toBe(line.replace("1a2b", "3c4d")));

test("if the topic is as configured, the text stays, so no Job runs", () => {
  expect(drift([asConfigured], run)).toBe("");
  expect(drift([asConfigured], { ...run, drift: line })).toBe(line);
});

test("the text stays if the topic can't be read", () => expect(drift(undefined, { ...run, drift: line })).toBe(line));

test("a Job that runs anyway needs no text about drift", () => {
  expect(drift([changed], { ...run, task: "another one", drift: line })).toBe("");
  expect(drift([changed], { ...run, succeeded: false })).toBe("");
  expect(drift([])).toBe("");
});

test("an existing topic that comes into the config is shown with what the Job will change, and nothing else", () => {
  expect(drift([changed])).toBe("orders: retention.ms is 1000, not 60000");
  expect(drift([asConfigured])).toBe("");
});

test("names of an earlier listing, or of another topic, don't count", () => {
  const without = { ...task, topic: { ...task.topic, config: {} } };
  const own = { ...run, task: JSON.stringify(without) };
  const driftOf = (topicId: string, ...runs: RunningTopics["runs"]) => {
    const configured = { orders: JSON.stringify({ listing: "uid", topicId, names: ["segment.ms", "retention.ms"] }) };
    return topicDrift(without, "orders", { runs, topics: [changed], configured });
  };
  expect(driftOf("a", own)).toContain("segment.ms is 5, not the brokers' default");
  expect(driftOf("a")).toBe("");
  expect(driftOf("b", own)).toBe("");
});

test("fewer partitions are refused before any Job runs", () => {
  const more = [...asConfigured.partitions, ...asConfigured.partitions];
  const another = { ...run, task: "another one" };
  expect(() => drift([{ ...asConfigured, partitions: more }], another)).toThrow(
    /^orders has 4 partitions and would be left with 2/,
  );
});

describe("a change by which records may be deleted", () => {
  const longer = { ...asConfigured, config: { "retention.ms": "-1" } };
  const another = { ...run, task: "another one" };
  const allowed = { ...task, topic: { ...task.topic, allowRecordDeletion: true as const } };

  test("is refused before any Job runs, even if no Job has run before", () => {
    expect(() => drift([longer], another)).toThrow(/^orders would change retention.ms from -1 to 60000: .* \[KK810\]$/);
    expect(() => drift([longer])).toThrow("KK810");
  });

  test("is shown as such if the config allows it", () =>
    expect(topicDrift(allowed, "orders", { runs: [another], topics: [longer] })).toBe(
      "orders: records may be deleted by retention.ms from -1 to 60000",
    ));

  test("includes a setting that the config no longer has", () => {
    const without = { ...task, topic: { ...task.topic, config: {} } };
    const running = { runs: [another], topics: [longer] };
    const configured = { orders: JSON.stringify({ listing: "uid", topicId: "a", names: ["retention.ms"] }) };
    expect(topicDrift(without, "orders", running)).toBe("");
    expect(() => topicDrift(without, "orders", { ...running, configured })).toThrow(
      "retention.ms from -1 to 604800000",
    );
  });
});

describe("topics that a preview checks", () => {
  const look = (error: Error) => {
    const apiServer = { list: () => Promise.reject(error) } as unknown as AdminApiClient;
    return runningTopics(apiServer, planKafka("kafka", "kafka", 1), ["orders"]);
  };
  let warned: jest.SpyInstance;
  beforeEach(() => (warned = jest.spyOn(pulumi.log, "warn").mockResolvedValue()));
  afterEach(() => jest.restoreAllMocks());

  test("are unknown if the API server can't be reached, which causes a warning", async () => {
    expect(await look(new Error("connect ECONNREFUSED"))).toEqual({ runs: [] });
    expect(warned).toHaveBeenCalledWith(expect.stringContaining("(connect ECONNREFUSED)"));
  });

  test("fail on a mistake in the program instead of causing a warning", async () => {
    await expect(look(new TypeError("not a function"))).rejects.toThrow(TypeError);
    expect(warned).not.toHaveBeenCalled();
  });
});
