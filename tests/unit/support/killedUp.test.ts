import * as childProcess from "node:child_process";

import { Stack } from "../../support/stack";

jest.mock("node:child_process", () => ({ ...jest.requireActual<object>("node:child_process"), spawn: jest.fn() }));
const { spawn } = jest.requireActual<typeof childProcess>("node:child_process");

/** A stack whose `up` is this shell script. */
function stackWhoseUp(script: string): Stack {
  jest
    .mocked(childProcess.spawn)
    .mockImplementation(((program: string, args: string[], options: childProcess.SpawnOptions) =>
      program.endsWith("bin/pulumi")
        ? spawn("bash", ["-c", script], options)
        : spawn(program, args, options)) as typeof childProcess.spawn);
  return new Stack("unit-killed-up");
}

test("an `up` that runs when its time comes is killed", async () =>
  expect(await stackWhoseUp("sleep 600").killUp(0.2)).toBe(true));

test("an `up` that has ended before isn't", async () => expect(await stackWhoseUp("true").killUp(600)).toBe(false));

test("an `up` that has failed before is no `up` that was interrupted", () =>
  expect(stackWhoseUp("exit 255").killUp(600)).rejects.toThrow("failed before it was killed"));
