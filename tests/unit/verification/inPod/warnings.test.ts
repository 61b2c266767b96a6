import { warningsOf } from "../../../../components/verification/inPod/warnings";
import type { BrokerState, ClusterState } from "../../../../components/verification/report";

const broker = (changes: Partial<BrokerState> = {}): BrokerState => ({
  replicas: 1,
  inSync: 1,
  leads: 1,
  disks: { "/data": { total: 100e9, free: 50e9 } },
  ...changes,
});
const state = (brokers: ClusterState["brokers"], voters: ClusterState["voters"] = {}): ClusterState => ({
  metadataVersion: { used: 1, newest: 1 },
  activeController: 0,
  voters,
  brokers,
});
const aims = { messages: 10, writeSeconds: 60 };
const warnings = (...args: Parameters<typeof state>) => warningsOf(aims, 10, state(...args));

test("a cluster with free space, and each broker on its own host, causes no warning", () =>
  expect(
    warnings(
      { 0: broker({ host: "a" }), 1: broker({ host: "b" }), 2: broker({ host: "c" }) },
      { 0: { logEnd: 1, host: "a" }, 1: { logEnd: 1, host: "b" }, 2: { logEnd: 1, host: "c" } },
    ),
  ).toEqual([]));

test("a single broker that also votes causes no warning", () =>
  expect(warnings({ 0: broker({ host: "a" }) }, { 0: { logEnd: 1, host: "a" } })).toEqual([]));

test("unknown hosts don't count as the same host", () =>
  expect(warnings({ 0: broker(), 1: broker() }, { 0: { logEnd: 1 }, 1: { logEnd: 1 } })).toEqual([]));

const remedy =
  "Unless there is another host that takes pods, add one; then give up the volume of a node that is to move there " +
  "(docs/brokers.md, “Brokers that share a host”).";

test("three brokers on two hosts, with most voters on one of them", () =>
  expect(
    warnings(
      { 0: broker({ host: "a" }), 1: broker({ host: "b" }), 2: broker({ host: "a" }) },
      { 0: { logEnd: 1, host: "a" }, 1: { logEnd: 1, host: "b" }, 2: { logEnd: 1, host: "a" } },
    ),
  ).toEqual([
    `Brokers 0, 2 are all on a, and fail together with it. ${remedy}`,
    `Voters 0, 2 are all on a: without that host there is no majority, so that Kafka can't change anything. ${remedy}`,
  ]));

test("a disk that is nearly full, with numbers, and one that is missing", () =>
  expect(
    warnings({ 1: broker({ disks: { "/a": { total: 100e9, free: 4.25e9 }, "/b": "offline", "/c": {} } }) }),
  ).toEqual([
    "Broker 1 has 4.3 of 100.0 GB free for /a: let topics keep less (retention.ms, retention.bytes), or enlarge the disk.",
    "Broker 1 can't use its log directory /b: look after its disk, then restart the pod.",
  ]));

test("fewer records than planned, and a topic that stays", () =>
  expect(warningsOf(aims, 3, state({}), "kubeadm-kafka-verification-x")).toEqual([
    "Only 3 of 10 records were written within 60 seconds: the brokers are slow, or a quota slows clients down.",
    "The topic kubeadm-kafka-verification-x stays, since delete.topic.enable is false: its records go within a day, " +
      "and the next verification uses it again.",
  ]));
