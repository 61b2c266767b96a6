import { refuseToGrowUnanswered } from "../../../../components/kafka/changes/growing";
import type { Pod, StatefulSet } from "../../../../components/kafka/changes/workloads";
import type { PodApiClient } from "../../../../components/programs/inPod/podApiClient";
import { Deadline } from "../../../../components/programs/inPod/waiting";
import { FakeKafka } from "../fakeKafka";

const task = { namespace: "kafka", pools: [{ name: "kafka", firstId: 0, count: 3 }], formedMarker: "kafka-formed" };
const set: StatefulSet = { metadata: { name: "kafka", generation: 1 }, spec: { replicas: 1 }, status: {} };
const pod = (status: Pod["status"]): Pod => ({
  metadata: { name: "kafka-0", ownerReferences: [{ kind: "StatefulSet", name: "kafka" }] },
  status,
});
const ready = pod({ conditions: [{ type: "Ready", status: "True" }] });
const starting = pod({ containerStatuses: [{ restartCount: 0, state: { running: {} } }] });
const crashed = pod({
  containerStatuses: [
    {
      restartCount: 5,
      state: { waiting: { reason: "CrashLoopBackOff" } },
      lastState: { terminated: { exitCode: 1, message: "Kafka did not start: a volume of kafka-0 is empty\n" } },
    },
  ],
});

/** Adds two nodes to one. @param seconds until which Kafka is asked again */
function grow(
  kafka: FakeKafka,
  pods: Pod[],
  { formed = true, sets = [set], seconds = 0, volumes = [] as object[] } = {},
): Promise<void> {
  const kubernetes = {
    find: async () => (formed ? {} : undefined),
    list: async (path: string) => (path.endsWith("/pods") ? pods : path.endsWith("/persistentvolumes") ? volumes : []),
  } as unknown as PodApiClient;
  return refuseToGrowUnanswered(kafka, kubernetes, task, sets, new Deadline(seconds, 10));
}

/** No broker of it serves. */
function silentKafka(): FakeKafka {
  const kafka = new FakeKafka();
  for (const id of kafka.ids) kafka.down.add(id);
  return kafka;
}

describe("nodes that are added to a Kafka that has been up and doesn't answer", () => {
  test("are refused at once if no pod can start, with the pod's own reason and the remedy", () =>
    expect(grow(silentKafka(), [crashed], { seconds: 60 })).rejects.toThrow(
      /kafka-0: Kafka did not start: a volume of kafka-0 is empty\. .*Set kafka\.brokers .*back, .*Nothing was changed\. \[KK984\]/,
    ));

  test("are refused at once if no node has room for its pods", () => {
    const conditions = [{ type: "PodScheduled", status: "False", message: "0/2 nodes are available" }];
    return expect(grow(silentKafka(), [pod({ conditions })], { seconds: 60 })).rejects.toThrow(
      /kafka-0: 0\/2 nodes are available.*KK984/,
    );
  });

  test("wait for a pod that is starting, and are refused only then", async () => {
    await expect(grow(silentKafka(), [starting])).rejects.toThrow(/doesn't answer: .*KK984/);
    const kafka = silentKafka();
    setTimeout(() => kafka.down.clear(), 100);
    await grow(kafka, [starting], { seconds: 60 });
  });
});

test("nodes are added to a Kafka that serves, to one that has never been up, and none are refused in a change that adds none", async () => {
  await grow(new FakeKafka(), [ready]);
  await grow(silentKafka(), [crashed], { formed: false });
  await grow(silentKafka(), [crashed], { sets: [{ ...set, spec: { replicas: 3 } }] });
  await grow(silentKafka(), [], { sets: [] });
});

test("nodes whose volumes wait for them aren't refused: after a restore, the others need their votes", async () => {
  const claimRef = { namespace: "kafka", name: "data-kafka-1" };
  await grow(silentKafka(), [crashed], {
    volumes: [{ metadata: { name: "pvc-1" }, spec: { claimRef }, status: { phase: "Available" } }],
  });
});
