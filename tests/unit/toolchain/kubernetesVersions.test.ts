import { versions } from "../../../components/artifacts/versions";
import { closure, resolveAll } from "../../../toolchain/engine/ingredients";
import { planSteps } from "../../../toolchain/engine/planner";
import { mirrorOf } from "../../../toolchain/recipes/mirror";
import {
  askedVersions,
  builtVersions,
  describeVersions,
  mirroredVersions,
} from "../../../toolchain/source/kubernetesVersions";

/** Ids of all that a mirror with these versions is made of, and what was built on the way. */
const idsOf = (wanted: readonly string[], conformance = false) =>
  closure(resolveAll([mirrorOf({ kubernetes: wanted, conformance })], ".")).map(({ id, recipe }) => ({
    id,
    name: recipe.name,
  }));

/** Names of what `make toolchain` builds for a mirror with these versions, if the store has what another mirror is made of. */
function builds(wanted: readonly string[], stored: readonly string[]): string[] {
  const held = new Set(idsOf(stored).map(({ id }) => id));
  const mirror = mirrorOf({ kubernetes: wanted, conformance: false });
  return planSteps(resolveAll([mirror], "."), (id) => held.has(id), {}).map(({ recipe }) => recipe.name);
}

/** Versions that a mirror gets whose store has what another mirror is made of. */
function builtWith(stored: readonly string[]): readonly string[] {
  const held = new Set(idsOf(stored).map(({ id }) => id));
  return mirroredVersions(
    [],
    builtVersions(".", (id) => held.has(id)),
  );
}

test("without a wish, only the default is built", () => {
  expect(mirroredVersions([], [])).toEqual([versions.kubernetes]);
  expect(builds(mirroredVersions([], []), [versions.kubernetes])).toEqual([]);
});

test("of another version, only what no version before it has brought is built", () => {
  const steps = builds(mirroredVersions(["1.37.2"], []), [versions.kubernetes, "1.36.3"]);
  expect(steps).toEqual([
    "kubernetes-1-37-2",
    "packages-kubernetes-1-37-2",
    "image-kube-proxy-v1-37-2",
    "image-kube-apiserver-v1-37-2",
    "image-kube-controller-manager-v1-37-2",
    "image-kube-scheduler-v1-37-2",
    "etcd-3-7-0",
    "image-etcd-3-7-0-0",
    "coredns-1-14-6",
    "image-coredns-v1-14-6",
    "mirror",
  ]);
});

test("a version that was built once stays in the mirror", () => {
  expect(builtWith([versions.kubernetes, "1.36.3"])).toEqual([versions.kubernetes, "1.36.3"]);
});

test("a former default stays in the mirror when a checkout has a newer one", () => {
  expect(builtWith(["1.34.4"])).toEqual(["1.34.4", versions.kubernetes]);
  expect(builtWith(["1.34.3", "1.34.4", "1.36.3"])).toEqual(["1.34.3", "1.34.4", versions.kubernetes, "1.36.3"]);
});

test("a version of which a piece is missing doesn't count as built", () => {
  const all = idsOf(["1.34.4", "1.36.3"]);
  const held = new Set(all.filter(({ name }) => name !== "image-etcd-3-6-8-0").map(({ id }) => id));
  expect(builtVersions(".", (id) => held.has(id))).not.toContain("1.36.3");
});

test("an unsupported version is refused, and the supported ones are named", () => {
  expect(() => askedVersions(["1.35.4", "1.36.2"])).toThrow(
    "versions has 1.36.2; it can have 1.34.3, 1.34.4, 1.35.4, 1.36.3, 1.37.2",
  );
  expect(askedVersions(["1.35.4"])).toEqual(["1.35.4"]);
});

test("`make doctor` says which versions the mirror has, or that upstream has all", () => {
  expect(describeVersions("mirror", ["1.34.4", "1.35.4"])).toMatch(/^1\.34\.4, 1\.35\.4 in the mirror/);
  expect(describeVersions("upstream", ["1.34.4"])).toBe("any of 1.34.3, 1.34.4, 1.35.4, 1.36.3, 1.37.2, from upstream");
});
