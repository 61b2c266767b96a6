import { type LiveKafka, runningPlan } from "../../../../components/kafka/observed/healthReport";
import { stackReport, unknownReport } from "../../../../components/verification/health/stackReport";

const ready = (name: string) => ({ metadata: { name }, status: { conditions: [{ type: "Ready", status: "True" }] } });
const sets = [{ metadata: { name: "kafka", generation: 1 }, spec: { replicas: 1 }, status: {} }];
const voter = { id: 0, directory: "d", logEnd: 1, lastCaughtUp: 1 };
const live: LiveKafka = {
  nodes: [ready("master")],
  sets,
  pods: [ready("kafka-0")],
  claims: [],
  kafka: {
    layout: { brokers: [{ id: 0 }], partitions: [] },
    quorum: { leader: 0, highWatermark: 1, voters: [voter], observers: [] },
  },
};
const unreached: LiveKafka = { ...live, kafka: { unreached: { at: "brokers", reason: "no route" } } };
const report = (found: LiveKafka, verification: string[] = []) =>
  stackReport("dev", runningPlan("kafka", "kafka", sets)!, found, verification);

test("a stack is well if all of it was checked, and its verification applies", () =>
  expect(report(live)).toEqual({
    isWell: true,
    lines: [
      "dev is well: all pods and nodes are ready, 1 broker serves clients, all replicas are in sync, 1 voter is up to date, and the " +
        "last verification is of what runs",
    ],
  }));

test("a stack is not well if something is wrong or its verification doesn't apply, and the remedy comes last", () =>
  expect(report({ ...live, pods: [] }, ["Kafka was never verified"])).toEqual({
    isWell: false,
    lines: [
      "dev is not well:",
      "  the pod kafka-0 is missing",
      "  Kafka was never verified",
      "To repair what an update can repair, and to verify Kafka again:",
      "  bin/pulumi up --stack dev",
    ],
  }));

test("a stack is unknown, and not well, if the brokers or the API server can't be reached", () => {
  expect(report(unreached)).toEqual({
    isWell: false,
    lines: [
      "It is unknown whether dev's Kafka is well:",
      expect.stringMatching(/^ {2}its brokers could not be asked through the API server \(no route\)/),
    ],
  });
  expect(unknownReport("dev", { at: "API server", reason: "no route" })).toEqual({
    isWell: false,
    lines: [
      "It is unknown whether dev's Kafka is well:",
      expect.stringMatching(/^ {2}the API server could not be asked \(no route\)/),
    ],
  });
});

test("problems come before what is unknown", () =>
  expect(report({ ...unreached, pods: [] }).lines.slice(0, 3)).toEqual([
    "dev is not well:",
    "  the pod kafka-0 is missing",
    expect.stringMatching(/^ {2}what Kafka says of itself is unknown: its brokers could not be asked .*\[KK850\]$/),
  ]));
