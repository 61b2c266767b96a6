import { readdirSync } from "node:fs";
import { join } from "node:path";

import { output, run } from "../support/shell";
import { root } from "../support/stack";
import { declared } from "./files";
import { stacks } from "./stacks";

// Generous: it is about what happens, not about how busy the machine is.
jest.setTimeout(120_000);

const now = "build/golden";
const names = stacks.map(({ file }) => `${file}.yaml`);

// In a process of its own, since index.ts is run for each stack and Jest would load all that it imports each time.
beforeAll(
  () => output(process.execPath, ["--require", "ts-node/register", join(__dirname, "golden.ts"), now]),
  10 * 60_000, // half a minute, but on a machine that has much else to do
);

test.each([...names.map((name) => join(declared, name)), "README.md"])(
  "%s is what `make golden` writes",
  async (file) => {
    const { stdout } = await run("git", ["-C", root, "diff", "--no-index", "--no-color", "--", file, join(now, file)]);
    if (stdout) throw new Error(`${stdout}\nIf that is what was to change: make golden, and commit the difference.`);
  },
);

test("every golden file has a stack", () => {
  expect(readdirSync(join(root, declared)).sort()).toEqual([...names].sort());
});
