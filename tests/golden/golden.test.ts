import { readdirSync } from "node:fs";
import { join } from "node:path";

import { output, run } from "../support/shell";
import { root } from "../support/stack";
import { declared } from "./files";
import { stacks } from "./stacks";

// A generous limit, since the machine may be busy.
jest.setTimeout(120_000);

const now = "build/golden";
const names = stacks.map(({ file }) => `${file}.yaml`);

// A separate process: index.ts runs for each stack, and Jest would load all its imports each time.
beforeAll(
  () => output(process.execPath, ["--require", "ts-node/register", join(__dirname, "golden.ts"), now]),
  10 * 60_000, // it takes half a minute, and longer on a busy machine
);

test.each([...names.map((name) => join(declared, name)), "README.md"])(
  "%s is what `make golden` writes",
  async (file) => {
    const { stdout } = await run("git", ["-C", root, "diff", "--no-index", "--no-color", "--", file, join(now, file)]);
    if (stdout) throw new Error(`${stdout}\nIf this change is intended: make golden, and commit the difference.`);
  },
);

test("every golden file has a stack", () => {
  expect(readdirSync(join(root, declared)).sort()).toEqual([...names].sort());
});
