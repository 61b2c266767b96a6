import { planKafka } from "../../../../components/kafka/plan/kafkaPlan";
import { liveNotes } from "../../../../components/kafka/observed/nodesNotes";

const plan = planKafka("kafka", "kafka", 3, 1);
const set = (name: string, replicas: number, nodes: string) => ({
  metadata: { name, generation: 7, annotations: { "kubeadm-kafka/nodes": nodes } },
  spec: { replicas },
});
const listing = (sets: () => object[]) => ({ list: async <T>() => sets() as T[] });

test("a StatefulSet that somebody has scaled gets another note, so that up applies it again; others keep theirs", async () =>
  expect(
    await liveNotes(
      listing(() => [set("kafka", 5, "3"), set("kafka-controller", 1, "1, and not 2 as at generation 6")]),
      plan,
    ),
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
  expect(await liveNotes(listing(sets), plan)).toEqual({ kafka: "3", "kafka-controller": "1" }),
);

test("a mistake in the program doesn't count as an API server that doesn't answer", async () => {
  const mistaken = listing(() => {
    throw new TypeError("not a function");
  });
  await expect(liveNotes(mistaken, plan)).rejects.toThrow(TypeError);
});
