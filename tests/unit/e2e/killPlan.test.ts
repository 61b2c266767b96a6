import { destroysAfter, killsAfter } from "../../e2e/cluster/killPlan";

const resource = (type: string, name: string, custom = true) => ({
  type,
  custom,
  urn: `urn:pulumi:s::p::${type}::${name}`,
});
const kills = killsAfter([
  resource("pulumi:pulumi:Stack", "p-s", false),
  resource("pulumi:providers:command", "default_1_2_1"),
  resource("command:remote:Command", "prepare"),
  resource("pulumi:providers:kubernetes", "s"),
  resource("kubernetes:core/v1:Namespace", "kafka"),
  resource("command:remote:Command", "leave"),
]);
const names = (urns: string[]) => urns.map((urn) => urn.split("::").at(-1));

test("`up` is killed after each resource that a plugin creates, in their order", () => {
  expect(names(kills)).toEqual(["prepare", "s", "kafka", "leave"]);
});

test("a destroy is tried after each step on a host, and after every n-th of the other resources, including the first", () => {
  expect(names(destroysAfter(kills, 1))).toEqual(["prepare", "leave", "s", "kafka"]);
  expect(names(destroysAfter(kills, 2))).toEqual(["prepare", "leave", "s"]);
});
