import type { AdminApiClient } from "../../../../components/cluster/adminApiClient";
import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { drainDrift } from "../../../../components/kafka/observed/unfinishedShrink";

const plan = planKafka("kafka", "kafka", 3, 1);

/** An API server with StatefulSets of these sizes, and a drain that has succeeded. */
function apiServer(sets: Record<string, number>, drift = ""): AdminApiClient {
  const job = {
    metadata: { name: "kafka-drain-1a2b", creationTimestamp: "2026-11-28T09:00:00Z" },
    status: { succeeded: 1 },
    spec: { template: { metadata: { annotations: { "kubeadm-kafka/drift": drift } } } },
  };
  const list = async (path: string) => {
    if (path.endsWith("/jobs?labelSelector=kubeadm-kafka/program=kafka-drain")) return [job];
    return Object.entries(sets).map(([name, replicas]) => ({ metadata: { name }, spec: { replicas } }));
  };
  return { list } as unknown as AdminApiClient;
}

test("drained brokers whose StatefulSet has not shrunk since then are drained again", async () => {
  const shrinking = apiServer({ kafka: 5, "kafka-controller": 1 });
  expect(await drainDrift(shrinking, plan)).toBe("after kafka-drain-1a2b: kafka has 5 pods, and 3 are planned");
});

test("drained controllers whose StatefulSet has not shrunk are drained again", async () =>
  expect(await drainDrift(apiServer({ kafka: 3, "kafka-controller": 3 }), plan)).toMatch(
    /: kafka-controller has 3 pods, and 1 are planned$/,
  ));

test.each([
  ["as planned", { kafka: 3, "kafka-controller": 1 }],
  ["fewer", { kafka: 2, "kafka-controller": 1 }],
  ["none yet", {}],
])("pods that are %s plan nothing", async (_how, sets) =>
  expect(await drainDrift(apiServer(sets, "after kafka-drain-9z8y: …"), plan)).toBe("after kafka-drain-9z8y: …"),
);

test("an API server that doesn't answer is no reason to plan anything", async () => {
  const silent = { list: () => Promise.reject(new Error("connect ECONNREFUSED")) } as unknown as AdminApiClient;
  expect(await drainDrift(silent, plan)).toBe("");
});

test("a mistake in the program doesn't count as an API server that doesn't answer", async () => {
  const mistaken = { list: () => Promise.reject(new TypeError("not a function")) } as unknown as AdminApiClient;
  await expect(drainDrift(mistaken, plan)).rejects.toThrow(TypeError);
});
