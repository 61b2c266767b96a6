import { globSync, readFileSync } from "node:fs";
import * as path from "node:path";

const root = path.resolve(__dirname, "../../..");
const pages = ["README.md", "CONTRIBUTING.md", ...globSync("{docs,plugins,tests}/**/*.md", { cwd: root })];

/** The lines that a reader copies into a shell, without their comments. */
function commandsIn(page: string): string[] {
  const blocks = readFileSync(path.join(root, page), "utf8").matchAll(/^```sh\n([^]*?)^```/gm);
  return [...blocks].flatMap(([, block]) => block!.split("\n")).map((line) => line.replace(/(^|\s)#.*/, ""));
}

test("commands of the docs call the checkout's bin/pulumi: a new user has no other Pulumi", () => {
  const commands = pages.flatMap((page) => commandsIn(page).map((line) => `${page}: ${line}`));
  expect(commands.filter((line) => /\bbin\/pulumi\s/.test(line)).length).toBeGreaterThan(10);
  expect(commands.filter((line) => /(?<![\w/.-])pulumi\s/.test(line))).toEqual([]);
});
