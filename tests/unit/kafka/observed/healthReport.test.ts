import type { Pod, StatefulSet } from "../../../../components/kafka/changes/workloads";
import {
  ageOfReport,
  driftOf,
  type EndedJob,
  healthProblems,
  kafkaProblems,
  type LiveKafka,
  reportProblems,
  runningPlan,
  whyUnreached,
} from "../../../../components/kafka/observed/healthReport";

const set = (name: string, replicas: number): StatefulSet => ({
  metadata: { name, generation: 1 },
  spec: { replicas },
  status: {},
});
const ready = (name: string): Pod => ({
  metadata: { name },
  status: { conditions: [{ type: "Ready", status: "True" }] },
});
const replica = (id: number, lastCaughtUp = 100_000, directory = `d${id}`) => ({
  id,
  directory,
  logEnd: 1,
  lastCaughtUp,
});
const partition = { topic: "orders", partition: 0, leader: 0, replicas: [0, 1, 2], inSync: [0, 1, 2] };
const quorum = { leader: 0, highWatermark: 1, voters: [0, 1, 2].map((id) => replica(id)), observers: [] };
const layout = { brokers: [0, 1, 2].map((id) => ({ id })), partitions: [partition] };

const well = {
  nodes: [{ metadata: { name: "master" }, status: { conditions: [{ type: "Ready", status: "True" }] } }],
  sets: [set("kafka", 3)],
  pods: ["kafka-0", "kafka-1", "kafka-2"].map(ready),
  claims: [],
  kafka: { layout, quorum },
};
const plan = runningPlan("kafka", "kafka", well.sets)!;
const problems = (changes: Partial<LiveKafka>) => healthProblems(plan, { ...well, ...changes });

test("a healthy Kafka has no problems", () => expect(problems({})).toEqual([]));

test("a broker that a taint keeps from starting is reported with the scheduler's reason", () => {
  const message = "0/2 nodes are available: 1 node(s) had untolerated taint {x: y}";
  const pending: Pod = {
    metadata: { name: "kafka-1" },
    status: { conditions: [{ type: "PodScheduled", status: "False", message }] },
  };
  expect(problems({ pods: [ready("kafka-0"), pending, ready("kafka-2")] })).toEqual([
    `the pod kafka-1 is not ready: ${message}`,
  ]);
});

describe("a volume that was given up", () => {
  const deletionTimestamp = "2026-11-28T09:00:00Z";
  const placed = (name: string): Pod => ({
    metadata: { name },
    status: { conditions: ["PodScheduled", "Ready"].map((type) => ({ type, status: "True" })) },
  });
  const pods = ["kafka-0", "kafka-1", "kafka-2"].map(placed);
  const claims = [
    { metadata: { name: "data-kafka-0" } },
    { metadata: { name: "data-kafka-1", deletionTimestamp } },
    { metadata: { name: "data-1-kafka-1", deletionTimestamp } },
    { metadata: { name: "data-kafka-7", deletionTimestamp } },
  ];

  test("is a problem while its pod runs on it, so that the Jobs run and the roll moves the pod", () => {
    const given = "the volume of the pod kafka-1 was given up, and the pod still runs on it";
    expect(problems({ pods, claims })).toEqual([given]);
    expect(driftOf({ name: "kafka-roll-1", succeeded: true, drift: "" }, [given])).toBe(`after kafka-roll-1: ${given}`);
  });

  test("is none without a pod on it", () => expect(problems({ pods, claims: [claims[0]!, claims[3]!] })).toEqual([]));
});

test("a missing pod and one that waits for its image are both reported", () => {
  const waiting: Pod = {
    metadata: { name: "kafka-2" },
    status: { containerStatuses: [{ restartCount: 0, state: { waiting: { reason: "ImagePullBackOff" } } }] },
  };
  expect(problems({ pods: [ready("kafka-0"), waiting] })).toEqual([
    "the pod kafka-1 is missing",
    "the pod kafka-2 is not ready: ImagePullBackOff",
  ]);
});

test("a pod whose launcher refused to start Kafka is reported with the launcher's reason, not Kubernetes'", () => {
  const message = "Kafka did not start: the volume of kafka-2 is gone: … [KK842]\n";
  const refused: Pod = {
    metadata: { name: "kafka-2" },
    status: {
      containerStatuses: [
        {
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 40s restarting" } },
          lastState: { terminated: { message, exitCode: 1 } },
        },
      ],
    },
  };
  expect(problems({ pods: [ready("kafka-0"), ready("kafka-1"), refused] })).toEqual([
    `the pod kafka-2 is not ready: ${message.trim()}`,
  ]);
});

test("a broker that doesn't serve, though its pod is ready", () =>
  expect(problems({ kafka: { quorum, layout: { ...layout, brokers: [{ id: 0 }, { id: 2 }] } } })).toEqual([
    "the broker 1 doesn't serve clients",
  ]));

test("replicas that are not in sync", () =>
  expect(
    problems({ kafka: { quorum, layout: { ...layout, partitions: [{ ...partition, inSync: [0, 1] }] } } }),
  ).toEqual(["1 partition has replicas that are not in sync: orders-0"]));

test("partitions without a leader, whose only replica Kafka counts as in sync though its disk is gone", () => {
  const offline = { ...partition, leader: -1, replicas: [1], inSync: [1], offline: [1] };
  const found = (...partitions: (typeof offline)[]) =>
    problems({ kafka: { quorum, layout: { ...layout, partitions } } });
  expect(found(offline)).toEqual(["1 partition has no leader: orders-0"]);
  expect(found(offline, { ...offline, partition: 1 })).toEqual([
    "2 partitions have no leader, such as orders-0, orders-1",
  ]);
});

test("voters that are behind, and nodes that have no vote", () => {
  const asking = (voters: typeof quorum.voters) => problems({ kafka: { layout, quorum: { ...quorum, voters } } });
  expect(asking([replica(0), replica(1, 50_000), replica(2)])).toEqual(["the voter 1 is behind the active controller"]);
  expect(asking([replica(0), replica(2)])).toEqual(["the node 1 has no vote on Kafka's metadata"]);
});

test("a number of controllers that no config can ask for is a problem, and the controllers without a vote are named", () => {
  const scaled = runningPlan("kafka", "kafka", [set("kafka", 3), set("kafka-controller", 4)])!;
  const pods = [...well.pods, ...[0, 1, 2, 3].map((at) => ready(`kafka-controller-${at}`))];
  const voters = [1000, 1001, 1002].map((id) => replica(id));
  expect(kafkaProblems(scaled, { ...well, pods, kafka: { layout, quorum: { ...quorum, voters } } })).toEqual([
    "the StatefulSet kafka-controller has been scaled to 4 pods, and a quorum needs an odd number of controllers",
    "the node 1003 has no vote on Kafka's metadata",
  ]);
});

test("a Kafka that doesn't answer is not well", () =>
  expect(problems({ kafka: { failure: "kafka-0: its port was reached and stays silent" } })).toEqual([
    "no broker answers: kafka-0: its port was reached and stays silent",
  ]));

describe("a Kafka that can't be reached", () => {
  const unreached = (status?: number) => ({ at: "brokers" as const, reason: "no route", status });

  test("has unknown health while its pods are ready", () => {
    expect(problems({ kafka: { unreached: unreached() } })).toEqual([]);
    expect(problems({ kafka: { unreached: unreached() }, pods: [] })).toHaveLength(3);
  });

  test.each([
    [403, "Let the kubeconfig's user forward ports"],
    [400, "Let WebSockets through between here and the API server"],
    [502, "Let the API servers reach port 10250 of each host"],
    [undefined, "Let the API servers reach port 10250 of each host"],
  ])("an answer of %p has its own remedy", (status, remedy) =>
    expect(whyUnreached(unreached(status))).toMatch(
      new RegExp(
        `^its brokers could not be asked through the API server \\(no route\\)\\. ${remedy}.*\\. \\[KK850\\]$`,
      ),
    ),
  );

  test.each([
    [401, "Let the kubeconfig's user list nodes"],
    [undefined, "See that it answers"],
  ])("an answer of %p from the API server itself has another remedy", (status, remedy) =>
    expect(whyUnreached({ at: "API server", reason: "no", status })).toMatch(
      new RegExp(`^the API server could not be asked \\(no\\)\\. ${remedy}.*\\. \\[KK851\\]$`),
    ),
  );
});

test("a node that isn't ready is a problem of the cluster, and makes no Job of Kafka run again", () => {
  const nodes = [
    { metadata: { name: "spare" }, status: { conditions: [{ type: "Ready", status: "Unknown", message: "silent" }] } },
  ];
  expect(problems({ nodes })).toEqual(["the node spare is not ready: silent"]);
  expect(kafkaProblems(plan, { ...well, nodes })).toEqual([]);
});

test("the expectation follows from what runs, not from a config that hasn't been applied yet", () => {
  expect(runningPlan("kafka", "kafka", [])).toBeUndefined();
  const apart = runningPlan("kafka", "kafka", [set("kafka", 2), set("kafka-controller", 3)])!;
  expect(apart).toMatchObject({ brokers: [0, 1], voters: [1000, 1001, 1002] });
  expect(kafkaProblems(apart, { ...well, pods: [] }).slice(0, 2)).toEqual([
    "the pod kafka-controller-0 is missing",
    "the pod kafka-controller-1 is missing",
  ]);
});

describe("a report", () => {
  const job = (
    name: string,
    hour: string,
    status: EndedJob["status"] = { succeeded: 1 },
    report: string = JSON.stringify({ change: "uid-of-roll,uid-of-rebalance" }),
  ): EndedJob => ({
    metadata: {
      name,
      namespace: "kafka",
      uid: `uid-of-${name}`,
      creationTimestamp: `2026-11-28T${hour}:00:00Z`,
      annotations: { "kubeadm-kafka/report": report },
    },
    status,
  });
  const changes = { drain: [job("drain", "07")], roll: [job("roll", "08")], rebalance: [job("rebalance", "10")] };

  test("of a verification after the last change applies", () =>
    expect(reportProblems([job("v-1", "09"), job("v-2", "11")], changes)).toEqual([]));

  test("from before the last change doesn't apply", () => {
    expect(reportProblems([job("v-1", "09")], changes)).toEqual([
      "nobody has verified the last change, rebalance: the last verification, v-1, is older",
    ]);
    expect(reportProblems([job("v-2", "11")], { ...changes, drain: [job("drain", "12")] })).toEqual([
      "nobody has verified the last change, drain: the last verification, v-2, is older",
    ]);
  });

  test.each([
    ["another roll's", { change: "uid-of-another,uid-of-rebalance" }],
    ["another rebalance's", { change: "uid-of-roll,uid-of-another" }],
    ["unknown", {}],
  ])("whose change is %s doesn't describe what runs, however new it is", (_whose, report) =>
    expect(reportProblems([job("v-1", "11", { succeeded: 1 }, JSON.stringify(report))], changes)).toEqual([
      "the last verification, v-1, is of another change than the one that runs, which roll and rebalance made",
    ]),
  );

  test("that can't be read or compared doesn't apply", () => {
    expect(reportProblems([job("v-1", "11", { succeeded: 1 }, "")], changes)).toHaveLength(1);
    expect(reportProblems([job("v-1", "11")], { ...changes, roll: [] })).toEqual([
      "it is unknown whether the last verification, v-1, is of the change that runs, since the Job of the last roll is gone: " +
        "bin/pulumi refresh and then bin/pulumi up make it again",
    ]);
  });

  test("is missing if the verification was never made, failed, or is still running", () => {
    expect(reportProblems([], changes)).toEqual(["Kafka was never verified"]);
    expect(reportProblems([job("v-1", "09", { failed: 1 })], changes)).toEqual([
      "the last verification, v-1, failed, and kubectl logs --namespace kafka job/v-1 says why",
    ]);
    expect(reportProblems([job("v-1", "09", {})], changes)).toEqual([
      "the last verification, v-1, has not ended: an up is running, or one was cut short",
    ]);
  });

  test("has its age", () => {
    const ended = job("v-1", "09", { succeeded: 1, completionTime: "2026-11-28T09:00:00Z" });
    const age = (now: string) => ageOfReport([ended], new Date(now));
    expect(age("2026-11-28T09:01:00Z")).toBe("last verification: v-1, succeeded 1 minute ago (2026-11-28T09:00:00Z)");
    expect(age("2026-11-28T12:10:00Z")).toBe("last verification: v-1, succeeded 3 hours ago (2026-11-28T09:00:00Z)");
    expect(age("2026-12-02T09:00:00Z")).toBe("last verification: v-1, succeeded 4 days ago (2026-11-28T09:00:00Z)");
    expect(ageOfReport([job("v-1", "09", {})], new Date())).toBeUndefined();
  });
});

describe("what makes Kafka's Jobs run again", () => {
  const run = { name: "kafka-roll-1a2b", succeeded: true, drift: "" };
  const line = "after kafka-roll-1a2b: the pod kafka-1 is missing";

  test("is a Kafka that isn't well since the last run, with another text after each run", () => {
    expect(driftOf(run, ["the pod kafka-1 is missing"])).toBe(line);
    expect(driftOf({ ...run, name: "kafka-roll-3c4d", drift: line }, ["the pod kafka-1 is missing"])).toBe(
      line.replace("1a2b", "3c4d"),
    );
  });

  test("stays the same if Kafka is well or unknown, so that nothing is planned", () => {
    expect(driftOf(run, [])).toBe("");
    expect(driftOf({ ...run, drift: line }, [])).toBe(line);
  });

  test("is empty before the first run of a healthy Kafka, and after a failed run", () => {
    expect(driftOf(undefined, [])).toBe("");
    expect(driftOf(undefined, ["the pod kafka-1 is missing"])).toBe(
      "no earlier run is on record: the pod kafka-1 is missing",
    );
    const failed = { name: "kafka-roll-3c4d", succeeded: false, drift: line };
    expect(driftOf(failed, ["the pod kafka-1 is missing"])).toBe(line);
  });
});
