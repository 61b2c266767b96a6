import { readFileSync } from "node:fs";
import * as path from "node:path";

import { kubernetesVersions } from "../../../components/artifacts/kubernetesReleases";
import { versions } from "../../../components/artifacts/versions";

const page = (name: string) => readFileSync(path.resolve(__dirname, "../../../docs", name), "utf8");

/** Rows of the table in docs/upgrades.md. */
const rows = [
  ...page("upgrades.md").matchAll(/^\| (1\.[\d., ]+?) +\| until (\d{4}-\d\d-\d\d) .*\| (yes|no) +\|$/gm),
].map(([, named, , calico]) => ({ versions: named!.split(", "), isTestedWithCalico: calico === "yes" }));

test("the docs say of each version until when Kubernetes supports it, and what it needs", () => {
  expect(rows.flatMap((row) => row.versions)).toEqual(kubernetesVersions);
});

test("the default is the newest Kubernetes of the docs that Calico is tested with", () => {
  const tested = rows.filter(({ isTestedWithCalico }) => isTestedWithCalico).flatMap((row) => row.versions);
  expect(tested.at(-1)).toBe(versions.kubernetes);
  expect(page("upgrades.md")).toContain(`A new stack gets ${versions.kubernetes},`);
  expect(page("decisions/versions.md")).toContain(`those who make it**: ${versions.kubernetes} (`);
});

test("a mirror filled as the docs say has each package that a host may lack", () => {
  const script = readFileSync(path.resolve(__dirname, "../../../components/cluster/scripts/prepare.sh"), "utf8");
  const lists = [...script.matchAll(/(?:wanted|missing)\+?=\(([a-z -]+)\)/g)].flatMap(([, names]) => names!.split(" "));
  expect(lists).toEqual(expect.arrayContaining(["containerd", "haproxy", "socat"]));
  const [download] = /apt-get install --download-only[^)]*?\n\(cd/.exec(page("air-gap.md"))!;
  expect(lists.filter((name) => !download.split(/\s+/).includes(name))).toEqual([]);
});

test("a mirror filled as the docs say has the default Kubernetes", () => {
  const text = page("air-gap.md");
  for (const name of ["kubelet", "kubeadm", "kubectl"]) expect(text).toContain(`${name}=${versions.kubernetes}-1.1`);
  expect(text).toContain(`const kubernetes = ["${versions.kubernetes}"];`);
});
