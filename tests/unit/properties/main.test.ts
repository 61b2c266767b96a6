import { spawnSync } from "node:child_process";
import * as path from "node:path";

const root = path.resolve(__dirname, "../../..");

/** Runs it where neither Java nor Maven is found, so that no real run can begin. */
function propertiesTest(...args: readonly string[]) {
  const all = ["--require", "ts-node/register/transpile-only", "tests/properties/main.ts", ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    cwd: root,
    env: { PATH: "" },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test.each(["--help", "SEED=7"])(
  "the argument %s ends the test of properties with its usage",
  (argument) => {
    expect(propertiesTest(argument)).toEqual({
      status: 2,
      stdout: "",
      stderr: "usage: [SEED=number] tests/properties/main.ts, without arguments\n",
    });
  },
  60_000,
);
