import type { Pod, StatefulSet } from "../../../../components/kafka/changes/workloads";
import type { ChangeTask } from "../../../../components/kafka/changes/task";
import { noteVersions } from "../../../../components/kafka/changes/versions";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";

const task = { namespace: "kafka", formedMarker: "kafka-formed" } as ChangeTask;
const pod = (ordinal: number, revision: string, ready: boolean, owner = "kafka"): Pod => ({
  metadata: {
    name: `${owner}-${ordinal}`,
    labels: { "controller-revision-hash": revision },
    ownerReferences: [{ kind: "StatefulSet", name: owner }],
  },
  status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
});
/** A StatefulSet whose pods are to run 4.4.0 by the revision `new`. */
const set = (hasRun?: string, name = "kafka", observedGeneration = 2): StatefulSet => ({
  metadata: {
    name,
    generation: 2,
    annotations: { "kubeadm-kafka/version": "4.4.0", ...(hasRun && { "kubeadm-kafka/has-run": hasRun }) },
  },
  spec: { replicas: 2 },
  status: { observedGeneration, updateRevision: "new" },
});

/** Recorded versions, by StatefulSet. */
async function noted(sets: StatefulSet[], pods: Pod[], hasBeenUp = true): Promise<Record<string, string>> {
  const notes: Record<string, string> = {};
  const kubernetes = {
    find: async (path: string) => (hasBeenUp && path.endsWith("/configmaps/kafka-formed") ? {} : undefined),
    patch: async (path: string, { metadata }: { metadata: { annotations: Record<string, string> } }) => {
      notes[path.split("/").at(-1)!] = metadata.annotations["kubeadm-kafka/has-run"]!;
    },
  } as unknown as PodApiClient;
  await noteVersions(kubernetes, task, sets, pods);
  return notes;
}

test("a version has run once one pod has been ready with it", async () =>
  expect(await noted([set("4.3.1")], [pod(0, "old", true), pod(1, "new", true)])).toEqual({ kafka: "4.4.0" }));

test.each<[string, StatefulSet, Pod[]]>([
  ["whose pods don't start", set("4.3.1"), [pod(0, "old", true), pod(1, "new", false)]],
  ["whose change Kubernetes has not noticed yet", set("4.3.1", "kafka", 1), [pod(0, "new", true)]],
  ["of which only another StatefulSet's pods run", set("4.3.1"), [pod(0, "new", true, "kafka-controller")]],
  ["that is noted already", set("4.4.0"), [pod(0, "new", true)]],
])("a version %s changes no note", async (_what, of, pods) => expect(await noted([of], pods)).toEqual({}));

test("the first version can be reverted as long as none of its pods was ready", async () => {
  expect(await noted([set()], [pod(0, "new", false)], false)).toEqual({ kafka: "0.0.0" });
  expect(await noted([set("0.0.0")], [pod(0, "new", true)], false)).toEqual({ kafka: "4.4.0" });
});

test("a cluster of an earlier release gets its record when a pod is ready, and none before", async () => {
  expect(await noted([set()], [pod(0, "new", false)])).toEqual({});
  expect(await noted([set()], [pod(0, "new", true)])).toEqual({ kafka: "4.4.0" });
});

test("controllers and brokers have separate records", async () => {
  const sets = [set("4.3.1", "kafka-controller"), set("4.3.1")];
  expect(await noted(sets, [pod(0, "new", true, "kafka-controller"), pod(0, "new", false)])).toEqual({
    "kafka-controller": "4.4.0",
  });
});
