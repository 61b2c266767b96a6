import * as fs from "node:fs";

import { kubernetesVersions } from "../../../components/artifacts/kubernetesReleases";
import { versions } from "../../../components/artifacts/versions";
import { closure, resolveAll } from "../../../toolchain/engine/ingredients";
import { parts } from "../../../toolchain/parts";
import {
  conformanceFor,
  conformanceImages,
  conformancePrograms,
  conformanceReleases,
} from "../../../toolchain/recipes/conformance";
import { mirrorOf } from "../../../toolchain/recipes/mirror";
import type { Decision } from "../../../toolchain/source/decide";
import { askedContent, builtConformance } from "../../../toolchain/source/kubernetesVersions";

const minorOf = (version: string) => version.split(".").slice(0, 2).join(".");
const decision: Decision = { source: "mirror", sourceWhy: "", pulumi: "found", pulumiWhy: "" };

/** Names of the recipes that `make toolchain` with these words needs for a default mirror. */
function recipesFor(...words: string[]): string[] {
  const content = { kubernetes: [versions.kubernetes], conformance: askedContent(words).conformance };
  const wanted = parts.flatMap((part) => part.recipes(decision, content));
  return closure(resolveAll(wanted, ".")).map(({ recipe }) => recipe.name);
}

test("there are tests of the oldest minor version that stacks can run, and of the newest", () => {
  const tested = conformanceReleases.map(({ version }) => minorOf(version));
  expect(tested).toEqual([kubernetesVersions[0]!, kubernetesVersions.at(-1)!].map(minorOf));
});

test("only those who ask for the tests build them", () => {
  const others = recipesFor();
  expect(others.filter((name) => name.includes("conformance"))).toEqual([]);
  const added = recipesFor("conformance").filter((name) => !others.includes(name));
  expect(added.sort()).toEqual([...conformancePrograms, ...conformanceImages].map(({ name }) => name).sort());
});

test("a cluster gets the tests of its minor version, and the refusal of others names what there is", () => {
  expect(conformanceFor("1.34.3").version).toBe("1.34.4");
  expect(conformanceFor("1.37.2").version).toBe("1.37.2");
  expect(() => conformanceFor("1.36.3")).toThrow("no conformance tests for Kubernetes 1.36.3, but for 1.34, 1.37");
  expect(() => conformanceFor("1.3.4")).toThrow("no conformance tests for Kubernetes 1.3.4");
});

test.each(conformancePrograms.map((recipe, index) => [conformanceReleases[index]!.version, recipe] as const))(
  "the tests %s are built from modules of that version, and say so",
  (version, { settings, inputs }) => {
    const goMod = fs.readFileSync(`${settings!["MODULE"]}/go.mod`, "utf8");
    expect(goMod).toContain(`\tk8s.io/kubernetes v${version} // indirect\n`);
    const staging = [...goMod.matchAll(/=> k8s\.io\/\S+ (\S+)/g)].map(([, replacement]) => replacement);
    expect(new Set(staging)).toEqual(new Set([`v${version.replace(/^1/, "0")}`]));
    for (const tool of ["ginkgo/v2/ginkgo", "test/e2e", "test/images/agnhost", "cmd/kubectl"]) {
      expect(goMod).toMatch(new RegExp(`^\\t\\S+/${tool}$`, "m"));
    }
    expect(settings!["LDFLAGS"]).toContain(`gitVersion=v${version}`);
    // Its script sources that of all other Go programs.
    expect(inputs).toContain("toolchain/scripts/build-go.sh");
  },
);

test("each image of the tests is in the mirror under the name that the tests call it by", () => {
  const wanted = conformanceReleases.flatMap(({ images }) => Object.values(images));
  expect(conformanceImages.map(({ settings }) => settings!["IMAGE"]).sort()).toEqual([...wanted].sort());
  conformanceReleases.forEach(({ images }, index) => {
    expect(conformancePrograms[index]!.settings!["IMAGES"]!.split(" ")).toEqual(Object.values(images));
  });
});

test("the tests stay once they were built, if nothing of them is missing", () => {
  const all = resolveAll([...conformancePrograms, ...conformanceImages], ".").map(({ id }) => id);
  expect(builtConformance(".", (id) => all.includes(id))).toBe(true);
  for (const missing of all) {
    expect(builtConformance(".", (id) => all.includes(id) && id !== missing)).toBe(false);
  }
});

test("a mirror without the tests has the same key as before there were any", () => {
  const { settings, needs } = mirrorOf({ kubernetes: ["1.34.4"], conformance: false });
  const names = needs!.map(({ name }) => name);
  expect([settings!["PIECES"]!, ...names].filter((name) => name.includes("conformance"))).toEqual([]);
});

test("the word for the tests is no version", () => {
  expect(askedContent(["1.37.2", "conformance"])).toEqual({ kubernetes: ["1.37.2"], conformance: true });
  expect(askedContent(["1.37.2"])).toEqual({ kubernetes: ["1.37.2"], conformance: false });
  expect(() => askedContent(["conformity"])).toThrow("versions has conformity");
});
