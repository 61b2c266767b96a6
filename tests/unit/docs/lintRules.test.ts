import { globSync, readFileSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "../../..");
const pages = ["CONTRIBUTING.md", ...globSync("docs/decisions/*.md", { cwd: root })];

/** Names of the form that rules about imports have, which belong to something else. */
const OTHER_NAMES: readonly string[] = ["kubernetes-internal-ip"];

test("rules about imports that pages name are rules that `make lint` has", () => {
  const { forbidden } = jest.requireActual<{ forbidden: { name: string }[] }>(`${root}/.dependency-cruiser.cjs`);
  const rules = forbidden.map(({ name }) => name);
  const named = pages.flatMap((page) =>
    [...readFileSync(path.join(root, page), "utf8").matchAll(/`([a-z]+(?:-[a-z]+){2,})`/g)].map(([, name]) => name!),
  );
  expect(named.filter((name) => rules.includes(name)).length).toBeGreaterThan(1);
  expect(named.filter((name) => ![...rules, ...OTHER_NAMES].includes(name))).toEqual([]);
});
