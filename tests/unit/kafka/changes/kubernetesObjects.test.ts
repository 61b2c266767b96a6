import {
  brokersSet,
  configuredNamesIn,
  unmarkDrained,
  volumesOfRemovedNodes,
} from "../../../../components/kafka/changes/kubernetesObjects";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";

test("volumes of removed nodes are all claims of pods that aren't planned, and no others", async () => {
  const names = [
    ...["data-kafka-0", "data-1-kafka-0", "data-kafka-2", "data-1-kafka-2"],
    ...["data-kafka-controller-0", "data-kafka-controller-3", "data-other-kafka-2", "backup"],
  ];
  const kubernetes = { list: async () => names.map((name) => ({ metadata: { name } })) } as unknown as PodApiClient;
  const pools = [
    { name: "kafka", firstId: 0, count: 2 },
    { name: "kafka-controller", firstId: 1000, count: 3 },
  ];
  const task = { namespace: "kafka", pools } as unknown as ChangeTask;
  expect(await volumesOfRemovedNodes(kubernetes, task)).toEqual([
    "data-kafka-2",
    "data-1-kafka-2",
    "data-kafka-controller-3",
  ]);
});

test("the brokers' StatefulSet is found beside that of controllers, and undefined if there is none yet", async () => {
  const pools = [
    { name: "kafka-controller", firstId: 1000, count: 3 },
    { name: "kafka", firstId: 0, count: 2 },
  ];
  const task = { namespace: "kafka", pools, brokers: [0, 1] } as unknown as ChangeTask;
  const holding = (...sets: string[]) =>
    ({
      find: async (path: string) =>
        sets.map((name) => ({ metadata: { name } })).find((set) => path.endsWith(`/${set.metadata.name}`)),
    }) as unknown as PodApiClient;
  expect((await brokersSet(holding("kafka-controller", "kafka"), task))?.metadata.name).toBe("kafka");
  expect(await brokersSet(holding("kafka-controller"), task)).toBeUndefined();
});

test("the record of a drain is removed when the drain is undone, and nothing is written if there is none", async () => {
  const sets: Record<string, Record<string, string>> = {
    kafka: { "kubeadm-kafka/drained": "to 2 at generation 5", other: "stays" },
    "kafka-controller": { other: "stays" },
  };
  const patches: [string, unknown][] = [];
  const kubernetes = {
    get: async (path: string) => ({ metadata: { annotations: sets[path.split("/").at(-1)!] } }),
    patch: async (path: string, body: unknown) => patches.push([path, body]),
  } as unknown as PodApiClient;
  const pools = Object.keys(sets).map((name) => ({ name, firstId: 0, count: 3 }));
  await unmarkDrained(kubernetes, { namespace: "kafka", pools } as unknown as ChangeTask);
  expect(patches).toEqual([
    [
      "/apis/apps/v1/namespaces/kafka/statefulsets/kafka",
      { metadata: { annotations: { "kubeadm-kafka/drained": null } } },
    ],
  ]);
});

test("the configured settings have one key per topic, which is written only when it changes", async () => {
  const data: Record<string, string> = { other: "{}", "audit.log": "of an older form" };
  const patches: unknown[] = [];
  const kubernetes = {
    get: async () => ({ data }),
    patch: async (_path: string, body: { data: Record<string, string> }) => {
      patches.push(body);
      Object.assign(data, body.data);
    },
  } as unknown as PodApiClient;
  const memoryOf = (listing: string) =>
    configuredNamesIn(kubernetes, "kafka", "kafka-configured-settings", "audit.log", listing);
  const memory = memoryOf("uid-1");
  expect(await memory.read("a")).toEqual([]);
  await memory.write("a", ["segment.ms", "cleanup.policy"]);
  await memory.write("a", ["cleanup.policy", "segment.ms"]);
  expect(await memory.read("a")).toEqual(["cleanup.policy", "segment.ms"]);
  expect(await memory.read("b")).toEqual([]);
  expect(await memoryOf("uid-2").read("a")).toEqual([]);
  await memory.write("a", []);
  expect(await memory.read("a")).toEqual([]);
  const text = (names: string[]) => JSON.stringify({ listing: "uid-1", topicId: "a", names });
  expect(patches).toEqual([
    { data: { "audit.log": text(["cleanup.policy", "segment.ms"]) } },
    { data: { "audit.log": text([]) } },
  ]);
});
