import { killsAfter } from "../../e2e/cluster/killPlan";

const resource = (type: string, name: string, custom = true) => ({
  type,
  custom,
  urn: `urn:pulumi:s::p::${type}::${name}`,
});
const resources = [
  resource("pulumi:pulumi:Stack", "p-s", false),
  resource("pulumi:providers:command", "default_1_2_1"),
  resource("command:remote:Command", "prepare"),
  resource("pulumi:providers:kubernetes", "s"),
  resource("kubernetes:core/v1:Namespace", "kafka"),
  resource("command:remote:Command", "leave"),
];
const names = (every: number) => killsAfter(resources, every).map((urn) => urn.split("::").at(-1));

test("`up` is killed after each resource that it makes, hosts' steps first", () => {
  expect(names(1)).toEqual(["prepare", "leave", "s", "kafka"]);
});

test("a sample has every so many of them, the first one included", () => {
  expect(names(3)).toEqual(["prepare", "kafka"]);
});
