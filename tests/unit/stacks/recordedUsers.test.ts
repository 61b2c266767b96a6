import { hasHadUsers } from "../../../stacks/recordedUsers";

const configMap = (name: string, namespace = "kafka") => ({
  type: "kubernetes:core/v1:ConfigMap",
  outputs: { metadata: { name, namespace } },
});

test("a stack has had users if the list of their names is in its state", () => {
  expect(hasHadUsers([configMap("kafka-topics"), configMap("kafka-users")])).toBe(true);
  expect(hasHadUsers([])).toBe(false);
  expect(hasHadUsers([configMap("kafka-topics"), configMap("kafka-users", "apps")])).toBe(false);
  expect(hasHadUsers([{ ...configMap("kafka-users"), type: "kubernetes:core/v1:Secret" }])).toBe(false);
});

test("a stack whose state can't be read may have had users, whose rights somebody has to take", () =>
  expect(hasHadUsers({ unread: "why" })).toBe(true));
