import { atLeast, decide, type InstalledPulumi, type Situation } from "../../../toolchain/source/decide";
import { forcedSource } from "../../../toolchain/source/inspect";

const installed: InstalledPulumi = { cli: "3.260.1", wanted: "3.258.0", languageHost: true, missingPlugins: [] };
const bare: InstalledPulumi = {
  ...installed,
  cli: undefined,
  languageHost: false,
  missingPlugins: ["kubernetes-v4.25.0"],
};
const online: Situation = { unreachable: [], pulumiReachable: true, pulumi: bare };
const offline: Situation = { unreachable: ["pkgs.k8s.io", "quay.io"], pulumiReachable: false, pulumi: bare };

test("if upstream can be reached, nothing is built", () => {
  expect(decide(online)).toMatchObject({ source: "upstream", pulumi: "download" });
});

test("if upstream can't be reached, everything is built, and the reason names what can't be reached", () => {
  expect(decide(offline)).toEqual({
    source: "mirror",
    sourceWhy: "can't reach pkgs.k8s.io, quay.io",
    pulumi: "build",
    pulumiWhy: "pulumi is not on PATH, and Pulumi's downloads can't be reached",
  });
});

test("an installed Pulumi with its plugins is used, online or not", () => {
  expect(decide({ ...offline, pulumi: installed })).toMatchObject({ source: "mirror", pulumi: "found" });
  expect(decide({ ...online, pulumi: installed })).toMatchObject({ source: "upstream", pulumi: "found" });
});

test("an installed Pulumi without its plugins is used only if it can download them", () => {
  const pulumi = { ...installed, missingPlugins: ["command-v1.2.1"] };
  expect(decide({ ...online, pulumi }).pulumi).toBe("found");
  expect(decide({ ...offline, pulumi })).toMatchObject({
    pulumi: "build",
    pulumiWhy: "the plugins command-v1.2.1 are not installed, and Pulumi's downloads can't be reached",
  });
});

test.each([
  [{ ...installed, cli: "3.257.9" }, /is 3\.257\.9, and 3\.258\.0 is needed/],
  [{ ...installed, languageHost: false }, /pulumi-language-nodejs is not on PATH/],
])("an installed Pulumi that won't do is not used: %j", (pulumi, why) => {
  const decision = decide({ ...online, pulumi });
  expect(decision.pulumi).toBe("download");
  expect(decision.pulumiWhy).toMatch(why);
});

test("a single unreachable host of packages or images makes the mirror necessary; Pulumi is still downloaded", () => {
  expect(decide({ ...online, unreachable: ["quay.io"] })).toMatchObject({ source: "mirror", pulumi: "download" });
});

test("the user may force either", () => {
  expect(decide({ ...online, forced: "mirror" })).toMatchObject({
    source: "mirror",
    sourceWhy: "ARTIFACTS=mirror",
    pulumi: "build",
  });
  expect(decide({ ...offline, forced: "upstream" })).toMatchObject({
    source: "upstream",
    sourceWhy: "ARTIFACTS=upstream",
  });
});

test("an invalid ARTIFACTS is refused, an empty one counts as unset", () => {
  expect(forcedSource("")).toBeUndefined();
  expect(() => forcedSource("both")).toThrow('ARTIFACTS is "both"; it can be "upstream" or "mirror"');
});

test.each([
  ["3.258.0", true],
  ["3.259.0", true],
  ["3.258.0-alpha.1", true],
  ["3.99.0", false],
  ["4.0.0", false],
])("version %s is at least 3.258.0 of the same major: %s", (version, expected) => {
  expect(atLeast(version, "3.258.0")).toBe(expected);
});
