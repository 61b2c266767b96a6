import * as fs from "node:fs";
import * as path from "node:path";

import { dependencies, optionalDependencies } from "../../../package.json";
import { kubernetesReleases, type KubernetesRelease } from "../../../components/artifacts/kubernetesReleases";
import { versions } from "../../../components/artifacts/versions";
import { programsOf, type ReleasePrograms } from "../../../toolchain/recipes/goReleases";
import { pulumiCommand, pulumiKubernetes } from "../../../toolchain/recipes/goPulumi";

/** Version of a module that a go.mod in a folder requires. */
function pinned(folder: string, module: string): string | undefined {
  const goMod = fs.readFileSync(path.join(folder, "go.mod"), "utf8");
  const line = goMod.split("\n").find((text) =>
    text
      .replace(/^require/, "")
      .trim()
      .startsWith(`${module} v`),
  );
  return line
    ?.trim()
    .replace(/^require /, "")
    .split(" ")[1];
}

/** Published modules whose version is a pseudo-version, by the release that the commit in it is tagged with. */
const releases: Record<string, string> = {
  "v0.0.0-20251021213802-b1f3c43f8437": "v3.31.0", // github.com/projectcalico/calico
  "v4.0.0-20260115033456-f47bc2d6f199": "v4.25.0", // github.com/pulumi/pulumi-kubernetes
};

/** Modules that the recipes of a release build, with the versions that the release names. */
function modulesOf(release: KubernetesRelease): [program: keyof ReleasePrograms, module: string, version: string][] {
  const etcd = `v${release.etcd.replace(/-\d+$/, "")}`;
  return [
    ["kubernetes", "k8s.io/kubernetes", `v${release.version}`],
    ["etcd", "go.etcd.io/etcd/server/v3", etcd],
    ["etcd", "go.etcd.io/etcd/etcdctl/v3", etcd],
    ["etcd", "go.etcd.io/etcd/etcdutl/v3", etcd],
    ["coredns", "github.com/coredns/coredns", release.coredns],
    ["criTools", "sigs.k8s.io/cri-tools", `v${release.criTools}`],
    ["cni", "github.com/containernetworking/plugins", `v${release.kubernetesCni}`],
  ];
}

describe.each(kubernetesReleases)("Kubernetes $version", (release) => {
  const moduleOf = (program: keyof ReleasePrograms) => programsOf(release)[program].settings!["MODULE"]!;

  test.each(modulesOf(release))("the toolchain builds its %s from %s %s", (program, module, version) => {
    expect(pinned(moduleOf(program), module)).toBe(version);
  });

  test("all of Kubernetes' staging modules have its version", () => {
    const goMod = fs.readFileSync(path.join(moduleOf("kubernetes"), "go.mod"), "utf8");
    const staging = [...goMod.matchAll(/=> k8s\.io\/\S+ (\S+)/g)].map(([, version]) => version);
    expect(new Set(staging)).toEqual(new Set([`v${release.version.replace(/^1/, "0")}`]));
    expect(staging.length).toBeGreaterThan(20);
  });
});

test.each([
  ["local-path", "github.com/rancher/local-path-provisioner", versions.localPathProvisioner],
  ["pulumi-cli", "github.com/pulumi/pulumi/pkg/v3", `v${dependencies["@pulumi/pulumi"]}`],
])("toolchain/go/%s builds %s in the version that the program names", (group, module, version) => {
  expect(pinned(`toolchain/go/${group}`, module)).toBe(version);
});

test.each([
  ["calico", "github.com/projectcalico/calico", versions.calico],
  ["pulumi-kubernetes", "github.com/pulumi/pulumi-kubernetes/provider/v4", `v${dependencies["@pulumi/kubernetes"]}`],
])(
  "toolchain/go/%s builds the commit that is tagged with the version that the program names",
  (group, module, version) => {
    expect(releases[pinned(`toolchain/go/${group}`, module) ?? ""]).toBe(version);
  },
);

test("the drop-in for the Command provider replaces the SDK's version", () => {
  const main = fs.readFileSync("plugins/command/main.go", "utf8");
  expect(/version += "(.*)"/.exec(main)?.[1]).toBe(dependencies["@pulumi/command"]);
});

test.each([pulumiCommand, pulumiKubernetes])("the program of $name is renamed from Go's name for it", (recipe) => {
  const { MODULE, RENAME } = recipe.settings!;
  const [, module] = /^module (.*)$/m.exec(fs.readFileSync(`${MODULE}/go.mod`, "utf8"))!;
  expect(RENAME!.split("=")[0]).toBe(path.basename(module!));
});

test("the Node.js that runs the program is the one of the image that runs the verification", () => {
  expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([versions.node]));
});
