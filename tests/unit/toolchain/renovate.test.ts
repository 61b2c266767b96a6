import { readFileSync } from "node:fs";
import * as path from "node:path";

import { kubernetesReleases, kubernetesVersions } from "../../../components/artifacts/kubernetesReleases";
import { versions } from "../../../components/artifacts/versions";
import { newestPatches } from "../../../components/cluster/versionsPlan";
import { customManagers, packageRules } from "../../../renovate.json";

const root = path.resolve(__dirname, "../../..");
const found = customManagers.flatMap(({ description, managerFilePatterns, matchStrings }) =>
  managerFilePatterns.flatMap((file) =>
    matchStrings.flatMap((pattern) =>
      [...readFileSync(path.join(root, file), "utf8").matchAll(new RegExp(pattern, "g"))].map((match) => ({
        description,
        file: path.basename(file, ".ts"),
        match,
      })),
    ),
  ),
);
const namesIn = (wanted: string) =>
  found.filter(({ file }) => file === wanted).map(({ match: [text] }) => text.split(":")[0]!);

test("Renovate finds every version that no other version determines", () => {
  const tests = ["kafkaBefore"];
  const keys = Object.keys(versions).filter((key) => !tests.includes(key));
  expect(namesIn("versions").sort()).toEqual(keys.sort());
});

test("Renovate finds every version of each Kubernetes release, except those that kubeadm determines", () => {
  const kubeadm = ["etcd", "coredns", "pause"];
  const keys = kubernetesReleases.flatMap((release) => Object.keys(release)).filter((key) => !kubeadm.includes(key));
  expect(namesIn("kubernetesReleases").sort()).toEqual(keys.sort());
});

test("Renovate leaves older patches as they are, since updates would make them the newest one as well", () => {
  const kept = packageRules.flatMap(({ matchCurrentValue, enabled }) =>
    enabled === false ? matchCurrentValue : undefined,
  );
  const newest = newestPatches(kubernetesVersions);
  expect(kept.filter(Boolean)).toEqual(kubernetesVersions.filter((version) => !newest.includes(version)));
});

test("each of Renovate's patterns finds something", () => {
  const useful = new Set(found.map(({ description }) => description));
  expect(customManagers.map(({ description }) => description).filter((each) => !useful.has(each))).toEqual([]);
  expect(found.every(({ match: { groups } }) => groups?.["currentValue"])).toBe(true);
});
