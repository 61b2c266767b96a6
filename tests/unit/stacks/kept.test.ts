import { keptBy } from "../../../stacks/kept";

test("a stack that was made before keeps its versions, and stays open without TLS", () => {
  const containers = [{ image: "docker.io/apache/kafka:4.3.0" }];
  const selector = { matchLabels: { "app.kubernetes.io/name": "kafka" } };
  const set = { metadata: { name: "kafka" }, spec: { selector, template: { spec: { containers } } } };
  const recorded = [
    { type: "kubernetes:apps/v1:StatefulSet", outputs: set },
    { type: "kubernetes:core/v1:Namespace", outputs: { metadata: { name: "kafka" } } },
  ];
  expect(keptBy(recorded)).toEqual({ kafka: "4.3.0", network: "open", encryption: "open" });
});

test("a new stack keeps nothing, and one whose state can't be read is no new one", () => {
  expect(keptBy([])).toEqual({});
  expect(keptBy({ unread: "why" })).toEqual({ unread: "why" });
});
