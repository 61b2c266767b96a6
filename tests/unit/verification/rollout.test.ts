import { rolloutProblems, type StatefulSet } from "../../../components/verification/program/rollout";

const rolled: StatefulSet["status"] = {
  observedGeneration: 4,
  currentRevision: "b",
  updateRevision: "b",
  readyReplicas: 3,
  updatedReplicas: 3,
};
const problems = (changes: StatefulSet["status"]) =>
  rolloutProblems({ metadata: { generation: 4 }, spec: { replicas: 3 }, status: { ...rolled, ...changes } });

test("pods that all run the newest version, and are ready, have rolled", () => expect(problems({})).toEqual([]));

test("a status of before the change says nothing about the change", () =>
  expect(problems({ observedGeneration: 3 })).toEqual(["Kubernetes has not noticed the change of Kafka's pods"]));

test("pods of two versions have not rolled", () =>
  expect(problems({ currentRevision: "a", updatedReplicas: 1 })).toEqual(["1 of 3 pods run the new version"]));

test("a pod that is not ready is counted", () =>
  expect(problems({ readyReplicas: 2 })).toEqual(["2 of 3 pods are ready"]));
