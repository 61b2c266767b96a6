import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { liveSets } from "../../../../components/kafka/observed/liveSets";
import { liveNotes } from "../../../../components/kafka/observed/nodesNotes";

const plan = planKafka("kafka", "kafka", 3, 1);
const set = (name: string, replicas: number, nodes: string) => ({
  metadata: { name, generation: 7, annotations: { "kubeadm-kafka/nodes": nodes } },
  spec: { replicas },
});
const notesFor = async (sets: () => object[]) =>
  liveNotes(plan, await liveSets({ list: async <T>() => sets() as T[] }, plan.namespace));

test("a StatefulSet that somebody has scaled gets another note, so that up applies it again; others keep theirs", async () =>
  expect(
    await notesFor(() => [set("kafka", 5, "3"), set("kafka-controller", 1, "1, and not 2 as at generation 6")]),
  ).toEqual({ kafka: "3, and not 5 as at generation 7", "kafka-controller": "1, and not 2 as at generation 6" }));

test.each([
  ["there is none yet", () => []],
  [
    "the API server doesn't answer",
    () => {
      throw new Error("connect ECONNREFUSED");
    },
  ],
])("the notes are the planned numbers if %s", async (_case, sets) =>
  expect(await notesFor(sets)).toEqual({ kafka: "3", "kafka-controller": "1" }),
);

test("a mistake in the program doesn't count as an API server that doesn't answer", async () => {
  const mistaken = () => {
    throw new TypeError("not a function");
  };
  await expect(notesFor(mistaken)).rejects.toThrow(TypeError);
});
