import { hostsOf } from "../../../../components/verification/inPod/hosts";
import { brokersOf } from "../../../../components/verification/inPod/state";

test("each broker has its number of replicas, its host, and the free space of its disks", () => {
  const partition = { topic: "t", partition: 0, leader: 1, replicas: [0, 1], inSync: [1] };
  const alone = { topic: "t", partition: 1, leader: 0, replicas: [0], inSync: [0] };
  const layout = { brokers: [{ id: 0, rack: "a" }, { id: 1 }, { id: 2 }], partitions: [partition, alone] };
  const disks = {
    0: [
      { path: "/a", online: true, bytes: { total: 100, free: 40 } },
      { path: "/b", online: false },
    ],
    1: [{ path: "/a", online: true }],
  };
  expect(brokersOf(layout, { 0: "worker" }, disks)).toEqual({
    0: {
      replicas: 2,
      inSync: 1,
      leads: 1,
      rack: "a",
      host: "worker",
      disks: { "/a": { total: 100, free: 40 }, "/b": "offline" },
    },
    1: { replicas: 1, inSync: 1, leads: 1, disks: { "/a": {} } },
    2: { replicas: 0, inSync: 0, leads: 0, disks: {} },
  });
});

test("a node's host is its pod's; it is unknown if the pod is missing or has no host", () =>
  expect(
    hostsOf({ 0: "kafka-0", 1: "kafka-1", 2: "kafka-2", 1000: "kafka-controller-0" }, [
      { metadata: { name: "kafka-0" }, spec: { nodeName: "worker" } },
      { metadata: { name: "kafka-1" }, spec: {} },
      { metadata: { name: "kafka-controller-0" }, spec: { nodeName: "master" } },
    ]),
  ).toEqual({ 0: "worker", 1000: "master" }));
