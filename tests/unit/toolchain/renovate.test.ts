import { readFileSync } from "node:fs";
import * as path from "node:path";

import { versions } from "../../../components/artifacts/versions";
import { customManagers } from "../../../renovate.json";

const root = path.resolve(__dirname, "../../..");
const found = customManagers.flatMap(({ managerFilePatterns, matchStrings }) =>
  managerFilePatterns.flatMap((file) =>
    matchStrings.flatMap((pattern) => [
      ...readFileSync(path.join(root, file), "utf8").matchAll(new RegExp(pattern, "g")),
    ]),
  ),
);

test("Renovate finds every version that no other version determines", () => {
  const kubeadm = ["etcd", "coredns", "pause"];
  const tests = ["kafkaBefore"];
  const keys = Object.keys(versions).filter((key) => ![...kubeadm, ...tests].includes(key));
  const names = found.map(([text]) => text.split(":")[0]).filter((name) => name! in versions);
  expect(names.sort()).toEqual(keys.sort());
});

test("each of Renovate's patterns finds something", () => {
  expect(found.length).toBeGreaterThanOrEqual(customManagers.length);
  expect(found.every(({ groups }) => groups?.["currentValue"])).toBe(true);
});
