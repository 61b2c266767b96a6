import { existsSync, readFileSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "../../..");

/** Paths in backticks and targets of links, in the tables and texts of a page. */
function pathsIn(page: string): string[] {
  const text = readFileSync(path.join(root, page), "utf8").replace(/```[^]*?```/g, "");
  const folders = [...text.matchAll(/`((?:components|config|plugins|stacks|tests|toolchain|docs)\/[\w/.-]*)`/g)];
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)];
  // A name in capitals stands for several, as in RELEASE.json.
  return [...folders, ...links].map(([, found]) => found!).filter((found) => !/[/][A-Z]+[.]json$/.test(found));
}

test.each(["README.md", "CONTRIBUTING.md"])("%s names folders and files that are there", (page) => {
  const paths = pathsIn(page);
  expect(paths.length).toBeGreaterThan(15);
  expect(paths.filter((each) => !existsSync(path.join(root, each)))).toEqual([]);
});
