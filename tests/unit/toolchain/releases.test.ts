import { kubernetesReleases, kubernetesVersions, releaseOf } from "../../../components/artifacts/kubernetesReleases";
import { versions } from "../../../components/artifacts/versions";
import { newestPatches } from "../../../components/cluster/versionsPlan";
import { closure, resolveAll } from "../../../toolchain/engine/ingredients";
import { kubernetes } from "../../../toolchain/recipes/goCluster";
import type { Recipe } from "../../../toolchain/engine/recipe";
import { programsOf } from "../../../toolchain/recipes/goReleases";
import { mirrorOf, piecesOf } from "../../../toolchain/recipes/mirror";

const namesOf = (wanted: readonly string[]) => piecesOf(wanted).map(({ name }) => name);

/** Packages that a piece brings, with their versions. Debian's have none. */
function packagesIn({ settings = {} }: Recipe): string[] {
  const { PACKAGES = "", VERSION, KUBERNETES, CRI_TOOLS, KUBERNETES_CNI } = settings;
  if (KUBERNETES) return [`kubelet ${KUBERNETES}`, `cri-tools ${CRI_TOOLS}`, `kubernetes-cni ${KUBERNETES_CNI}`];
  return VERSION ? PACKAGES.split(" ").map((name) => `${name} ${VERSION}-1.1`) : [];
}

test("a stack's default is in the table", () => expect(kubernetesVersions).toContain(versions.kubernetes));

test("an upgrade finds a release of each minor version between the oldest and the newest", () => {
  const minors = kubernetesVersions.map((version) => Number(version.split(".")[1]));
  const steps = minors.slice(1).map((minor, index) => minor - minors[index]!);
  expect(steps.every((step) => step === 0 || step === 1)).toBe(true);
});

test("an upgrade to a patch can be tried: some minor version has two", () => {
  expect(new Set(kubernetesVersions).size).toBe(kubernetesVersions.length);
  expect(newestPatches(kubernetesVersions).length).toBeLessThan(kubernetesVersions.length);
});

test("a version that the table lacks is named, with those that it has", () => {
  expect(() => releaseOf("1.34.2")).toThrow("Kubernetes 1.34.2 is none of 1.34.3, 1.34.4, 1.35.4");
});

test("a mirror with only the first release is made as before there were others, so that what was built stays in use", () => {
  expect(mirrorOf({ kubernetes: ["1.34.4"], conformance: false }).settings).toEqual({
    KUBERNETES: "1.34.4",
    PIECES: [
      ...["packages-kubernetes", "packages-debian", "image-kafka", "image-kafka-before", "image-node", "image-nginx"],
      ...[
        "image-kube-proxy",
        "image-busybox",
        "image-calico-cni",
        "image-calico-kube-controllers",
        "image-calico-node",
      ],
      ...["image-kube-apiserver", "image-kube-controller-manager", "image-kube-scheduler", "image-etcd"],
      ...["image-coredns", "image-pause", "image-local-path"],
    ].join(" "),
  });
  expect(kubernetes.settings).toEqual({
    MODULE: "toolchain/go/kubernetes",
    PACKAGES: "tool",
    LDFLAGS:
      "-X k8s.io/component-base/version.gitVersion=v1.34.4 -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=34 -X k8s.io/component-base/version.gitTreeState=clean",
    RENAME: "",
    VERSION: "",
  });
});

test("a mirror with another release beside it keeps all of its pieces", () => {
  const resolve = (wanted: readonly string[]) => closure(resolveAll(piecesOf(wanted), ".")).map(({ id }) => id);
  const both = new Set(resolve(["1.34.4", "1.36.3"]));
  expect(resolve(["1.34.4"]).filter((id) => !both.has(id))).toEqual([]);
});

test("what releases share is built once", () => {
  const both = namesOf(["1.34.4", "1.35.4"]);
  const alone = namesOf(["1.34.4"]);
  // cri-tools, kubernetes-cni and pause have the same versions in both.
  expect(both.filter((name) => !alone.includes(name))).toEqual([
    "packages-kubernetes-1-35-4",
    "image-kube-proxy-v1-35-4",
    "image-kube-apiserver-v1-35-4",
    "image-kube-controller-manager-v1-35-4",
    "image-kube-scheduler-v1-35-4",
    "image-etcd-3-6-6-0",
    "image-coredns-v1-13-1",
  ]);
  expect(programsOf(releaseOf("1.37.2")).criTools).toBe(programsOf(releaseOf("1.36.3")).criTools);
});

test("a patch brings only its own Kubernetes, and shares etcd, CoreDNS, pause, crictl and the CNI plugins", () => {
  const alone = namesOf(["1.34.4"]);
  expect(namesOf(["1.34.3", "1.34.4"]).filter((name) => !alone.includes(name))).toEqual([
    "packages-kubernetes-1-34-3",
    "image-kube-proxy-v1-34-3",
    "image-kube-apiserver-v1-34-3",
    "image-kube-controller-manager-v1-34-3",
    "image-kube-scheduler-v1-34-3",
  ]);
  const [patch, first] = [programsOf(releaseOf("1.34.3")), programsOf(releaseOf("1.34.4"))];
  for (const program of ["etcd", "coredns", "criTools", "cni"] as const) expect(patch[program]).toBe(first[program]);
  // Without the first release, the patch takes what other releases would share with that.
  const shared = ["image-etcd", "image-coredns", "image-pause"];
  expect(namesOf(["1.34.3"])).toEqual(expect.arrayContaining(shared));
});

test("no package is in a mirror twice, whichever releases it has", () => {
  for (const one of kubernetesVersions) {
    for (const other of kubernetesVersions) {
      const packages = piecesOf([one, other]).flatMap(packagesIn);
      expect(packages).toEqual([...new Set(packages)]);
    }
  }
});

test.each(kubernetesReleases)("a mirror with $version alone has all packages of its release", (release) => {
  const packages = piecesOf([release.version]).flatMap(packagesIn);
  expect(packages).toEqual(
    expect.arrayContaining([
      `kubelet ${release.version}-1.1`,
      `cri-tools ${release.criTools}-1.1`,
      `kubernetes-cni ${release.kubernetesCni}-1.1`,
    ]),
  );
});

test("a mirror with only the newest release builds no other Kubernetes, so that the default can move to it", () => {
  const newest = kubernetesVersions.at(-1)!;
  const names = closure(resolveAll([mirrorOf({ kubernetes: [newest], conformance: false })], ".")).map(
    ({ recipe }) => recipe.name,
  );
  expect(names.filter((name) => name.startsWith("kubernetes"))).toEqual([`kubernetes-${newest.replaceAll(".", "-")}`]);
});

test("names of recipes can be parts of a shell variable's name", () => {
  const names = closure(resolveAll([mirrorOf({ kubernetes: kubernetesVersions, conformance: true })], ".")).map(
    ({ recipe }) => recipe.name,
  );
  expect(names.filter((name) => !/^[a-z][a-z0-9-]*$/.test(name))).toEqual([]);
});
