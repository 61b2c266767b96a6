import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "../../..");
const read = (file: string) => readFileSync(path.join(root, file), "utf8");

/** Tests that the table names: `unit/…` or `e2e/…`, and after it each name in “”, until the next file. */
const cited = read("docs/what-green-means.md")
  .split("\n")
  .filter((line) => line.startsWith("|"))
  .flatMap((line) =>
    [...line.matchAll(/`((?:unit|e2e)\/[^`]+)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(([, file, names]) =>
      [...names!.matchAll(/“([^”]+)”/g)].map(([, name]): [string, string] => [`tests/${file!}`, name!]),
    ),
  );

test("every test that docs/what-green-means.md cites is there", () => {
  expect(cited.length).toBeGreaterThan(100);
  const isThere = ([file, name]: [string, string]): boolean =>
    existsSync(path.join(root, file)) && ['"', "`"].some((quote) => read(file).includes(`${quote}${name}${quote}`));
  expect(cited.filter((each) => !isThere(each))).toEqual([]);
});

test("every code of a running cluster is in a row", () => {
  const codes = [...read("docs/errors.md").matchAll(/^\| (KK8\d\d) /gm)].map(([, code]) => code!);
  const rows = read("docs/what-green-means.md")
    .match(/^\|.*$/gm)!
    .join("\n");
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !rows.includes(code))).toEqual([]);
});
