import { volumesOfRemovedNodes } from "../../../components/kafka/changes/objects";
import type { ChangeTask } from "../../../components/kafka/changes/task";
import type { Kubernetes } from "../../../components/programs/program/kubernetes";

test("volumes of removed nodes are all claims of pods that aren't planned, and nobody else's", async () => {
  const names = [
    ...["data-kafka-0", "data-1-kafka-0", "data-kafka-2", "data-1-kafka-2"],
    ...["data-kafka-controller-0", "data-kafka-controller-3", "data-other-kafka-2", "backup"],
  ];
  const kubernetes = { list: async () => names.map((name) => ({ metadata: { name } })) } as unknown as Kubernetes;
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
