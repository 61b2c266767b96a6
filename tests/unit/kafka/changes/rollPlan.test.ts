import { nextRollStep } from "../../../../components/kafka/changes/rollPlan";
import type { Pod, StatefulSet } from "../../../../components/kafka/changes/workloads";
import { laggingPartitions, laggingVoters } from "../../../../components/kafka/changes/stopping";

const NOW = Date.parse("2026-01-01T12:00:00Z");
const set = (replicas: number, changes: Partial<StatefulSet["status"]> = {}, name = "kafka"): StatefulSet => ({
  metadata: { name, generation: 4 },
  spec: { replicas },
  status: { observedGeneration: 4, updateRevision: "new", ...changes },
});
interface Traits {
  revision?: string;
  ready?: boolean;
  stopping?: boolean;
  set?: string;
  status?: Pod["status"];
}
const pod = (
  ordinal: number,
  { revision = "new", ready = true, stopping, set = "kafka", status }: Traits = {},
): Pod => ({
  metadata: {
    name: `${set}-${ordinal}`,
    labels: { "controller-revision-hash": revision },
    ownerReferences: [{ kind: "StatefulSet", name: set }],
    ...(stopping && { deletionTimestamp: "2026-01-01T11:59:00Z" }),
  },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }], ...status },
});
const old = { revision: "old" };
const step = (sets: StatefulSet[], pods: Pod[], controller?: string) =>
  nextRollStep(sets, pods, { activeController: controller }, { now: NOW, since: NOW - 60_000 });

test("the roll is done when all pods run the newest revision and are ready", () =>
  expect(step([set(2)], [pod(0), pod(1)])).toBeUndefined());

test("a status from before the change says nothing about the change", () =>
  expect(step([set(1, { observedGeneration: 3 })], [pod(0)])).toEqual({
    wait: "Kubernetes has not noticed the change of kafka's pods",
  }));

test("the last pod is replaced first, and the active controller's at the end", () => {
  const replaced: string[] = [];
  const revisions = ["old", "old", "old"];
  for (;;) {
    const pods = revisions.map((revision, ordinal) => pod(ordinal, { revision }));
    const next = step([set(3)], pods, "kafka-2");
    if (!next) break;
    if ("wait" in next) throw new Error(next.wait);
    replaced.push(next.replace);
    revisions[Number(next.replace.split("-")[1])] = "new";
  }
  expect(replaced).toEqual(["kafka-1", "kafka-0", "kafka-2"]);
});

test("a broker that has lost a log directory is replaced first, even the active controller", () =>
  expect(
    nextRollStep(
      [set(3)],
      [pod(0, old), pod(1, old), pod(2, old)],
      { activeController: "kafka-0", toMend: ["kafka-0"] },
      { now: NOW, since: NOW },
    ),
  ).toEqual({ replace: "kafka-0", serves: true }));

test("among several brokers that have lost a log directory, the first named is replaced first", () =>
  expect(
    nextRollStep(
      [set(3)],
      [pod(0, old), pod(1, old), pod(2, old)],
      { activeController: "kafka-1", toMend: ["kafka-1", "kafka-2"] },
      { now: NOW, since: NOW },
    ),
  ).toEqual({ replace: "kafka-1", serves: true }));

test("dedicated controllers are replaced before brokers", () =>
  expect(
    step([set(1, {}, "kafka-controller"), set(1)], [pod(0, old), pod(0, { ...old, set: "kafka-controller" })]),
  ).toEqual({ replace: "kafka-controller-0", serves: true }));

test.each([
  ["stops", [pod(0, old), pod(1, { stopping: true })], "kafka-1 is stopping"],
  ["is gone", [pod(0, old)], "kafka has 1 of 2 pods"],
  ["isn't ready", [pod(0, old), pod(1, { ready: false })], "kafka-1 is not ready"],
])("no other pod is touched while one %s", (_, pods, wait) => expect(step([set(2)], pods)).toEqual({ wait }));

test("a pod that doesn't run is replaced first, and doesn't count as serving", () =>
  expect(step([set(3)], [pod(0, { ...old, ready: false }), pod(1, old), pod(2, old)])).toEqual({
    replace: "kafka-0",
    serves: false,
  }));

test("pods that don't run are replaced while another one starts, since it may need their votes", () => {
  const down = { ...old, ready: false };
  expect(step([set(3)], [pod(0, down), pod(1, old), pod(2, { ready: false })])).toEqual({
    replace: "kafka-0",
    serves: false,
  });
});

describe("a pod that can't start ends the roll with its reason", () => {
  const broken = (status: Pod["status"]) => [pod(0, old), pod(1, { ready: false, status })];
  const crashed = (message: string, restartCount: number, secondsAgo = 1): Pod["status"] => {
    const finishedAt = new Date(NOW - secondsAgo * 1000).toISOString();
    return { containerStatuses: [{ restartCount, lastState: { terminated: { exitCode: 1, message, finishedAt } } }] };
  };

  test("with the line of its log that names the error, not the stack trace", () => {
    const log =
      "INFO starting\n[..] ERROR Exiting Kafka due to fatal exception (kafka.Kafka$)\n" +
      "org.apache.kafka.common.config.ConfigException: Invalid value fast for num.io.threads\n\tat kafka.Exception.x(Y.java:1)\n";
    expect(() => step([set(2)], broken(crashed(log, 2)))).toThrow(
      /^kafka-1 can't start: .*fatal exception.*\n.*ConfigException: Invalid value fast for num\.io\.threads$/,
    );
  });

  test("but not after a single crash, which may have been temporary", () =>
    expect(step([set(2)], broken(crashed("ERROR", 1)))).toEqual({ wait: "kafka-1 is not ready" }));

  test("restarts from before the roll don't count", () => {
    const pods = broken(crashed("ERROR", 5)).map((each) => ({ ...each, metadata: { ...each.metadata, uid: "u" } }));
    const times = { now: NOW, since: NOW - 60_000 };
    expect(nextRollStep([set(2)], pods, {}, { ...times, restartsBefore: new Map([["u", 4]]) })).toEqual({
      wait: "kafka-1 is not ready",
    });
    expect(() => nextRollStep([set(2)], pods, {}, { ...times, restartsBefore: new Map([["u", 3]]) })).toThrow("ERROR");
  });

  test("crashes from before the roll don't count, since the roll may have repaired their cause", () =>
    expect(step([set(2)], broken(crashed("ERROR", 5, 61)))).toEqual({ wait: "kafka-1 is not ready" }));

  test("with an image that doesn't exist", () =>
    expect(() =>
      step(
        [set(2)],
        broken({
          containerStatuses: [
            { restartCount: 0, state: { waiting: { reason: "ImagePullBackOff", message: "no x:1" } } },
          ],
        }),
      ),
    ).toThrow("kafka-1 can't start: ImagePullBackOff: no x:1"));

  test("but the pull of an image that failed before the roll is retried first", () => {
    const waiting = { reason: "ImagePullBackOff", message: "no x:1" };
    const pods = broken({ containerStatuses: [{ restartCount: 0, state: { waiting } }] }).map((each) => ({
      ...each,
      metadata: { ...each.metadata, creationTimestamp: "2026-01-01T11:00:00Z" },
    }));
    const since = (seconds: number) => ({ now: NOW, since: NOW - seconds * 1000 });
    expect(nextRollStep([set(2)], pods, {}, since(300))).toEqual({ wait: "kafka-1 is not ready" });
    expect(() => nextRollStep([set(2)], pods, {}, since(400))).toThrow("no x:1");
  });

  const unscheduled = (lastTransitionTime: string): Pod["status"] => ({
    conditions: [{ type: "PodScheduled", status: "False", message: "0/2 nodes are available", lastTransitionTime }],
  });
  test("when it has found no node for a while", () => {
    expect(() => step([set(2)], broken(unscheduled("2026-01-01T11:50:00Z")))).toThrow("0/2 nodes are available");
    expect(step([set(2)], broken(unscheduled("2026-01-01T11:59:30Z")))).toEqual({ wait: "kafka-1 is not ready" });
  });

  test("but not while a new node may accept it", () =>
    expect(
      nextRollStep([set(2)], broken(unscheduled("2026-01-01T11:50:00Z")), {}, { now: NOW, since: NOW - 1000 }),
    ).toEqual({ wait: "kafka-1 is not ready" }));

  test("also if another pod, which comes first, waits for it", () => {
    const message = "0/3 nodes are available: 3 Insufficient cpu";
    const unplaced = pod(2, {
      ready: false,
      status: {
        conditions: [{ type: "PodScheduled", status: "False", message, lastTransitionTime: "2026-01-01T11:50:00Z" }],
      },
    });
    expect(() => step([set(3)], [pod(0, { ready: false }), pod(1), unplaced])).toThrow(
      `kafka-2 can't start: ${message}`,
    );
  });
});

describe("no serving pod is replaced", () => {
  const partition = (inSync: number[]) => ({ topic: "t", partition: 4, leader: 0, replicas: [0, 1, 2], inSync });

  test("while a partition lacks a replica in sync", () => {
    expect(laggingPartitions([partition([2, 1, 0])])).toEqual([]);
    expect(laggingPartitions([partition([0, 2])])).toEqual(["1 partition has replicas that are not in sync: t-4"]);
  });

  test("while a voter is behind", () => {
    const voter = (id: number, lastCaughtUp: number) => ({ id, directory: "", logEnd: 1, lastCaughtUp });
    const quorum = (late: number) => ({
      leader: 0,
      highWatermark: 1,
      voters: [voter(0, NOW), voter(1, NOW - late)],
      observers: [voter(5, -1)],
    });
    expect(laggingVoters(quorum(500))).toEqual([]);
    expect(laggingVoters(quorum(30_000))).toEqual(["the voter 1 is behind the active controller"]);
  });
});

describe("a host that is silent", () => {
  const minutesAgo = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();
  const unready = (minutes: number): Pod["status"] => ({
    conditions: [{ type: "Ready", status: "False", lastTransitionTime: minutesAgo(minutes) }],
    containerStatuses: [{ restartCount: 0, ready: true }],
  });
  const rolled = (silent: Pod, startedMinutesAgo: number) =>
    nextRollStep([set(2)], [pod(0), silent], {}, { now: NOW, since: NOW - startedMinutesAgo * 60_000 });
  const dead = pod(1, { ready: false, status: unready(10) });
  const stopping = { ...pod(1), metadata: { ...pod(1).metadata, deletionTimestamp: minutesAgo(10) } };

  test("ends the change, since its pod neither starts nor stops", () => {
    expect(() => rolled(dead, 3)).toThrow("kafka-1 can't start: its host is silent");
    expect(() => rolled(stopping, 3)).toThrow("kafka-1 can't be stopped: its host is silent");
  });

  test("has two minutes from the change's beginning, since another machine may just have replaced it", () => {
    expect(rolled(dead, 1)).toEqual({ wait: "kafka-1 is not ready" });
    expect(rolled(stopping, 1)).toEqual({ wait: "kafka-1 is stopping" });
  });

  test("isn't assumed for a pod that takes long to recover its logs", () => {
    const status = { ...unready(20), containerStatuses: [{ restartCount: 0, ready: false }] };
    expect(rolled(pod(1, { ready: false, status }), 20)).toEqual({ wait: "kafka-1 is not ready" });
  });
});
