import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

import { commandPath } from "../../toolchain/machine/commands";
import { bringGo, ownGo, usableGo } from "../../toolchain/machine/go";
import { cacheFolder } from "../../toolchain/prepare";
import { countTests, type GoTestEvent, outputOfFailed } from "./events";

/**
 * Runs `go vet` and the tests of this project's Go programs. The report has jest's form, so that .ci/count.js adds it up.
 * A machine that lacks Go or other tools skips them and says so, since `make up` doesn't need these tools everywhere.
 * With GO_TESTS=required Go is brought, and the lack of another tool is a failure.
 */
const root = path.resolve(__dirname, "../..");
const programs = ["plugins/command", "toolchain/go/mirror", "toolchain/go/pause", "tests/ssh-hosts"].map((folder) =>
  path.join(root, folder),
);
const required = process.env.GO_TESTS === "required";

function main(): void {
  process.env.PATH = [goFolder(), process.env.PATH, "/usr/sbin"].join(path.delimiter);
  const missing = [
    ...(commandPath("go") ? [] : ["Go from 1.21 on"]),
    ...(commandPath("sshd") ? [] : ["OpenSSH's server (Debian: openssh-server)"]),
  ];
  if (missing.length > 0) {
    const lack = `this machine lacks: ${missing.join(", ")}`;
    if (required) throw new Error(`Go's tests can't run, ${lack}`);
    console.log(`Go's tests are left out, ${lack}`);
    report([]);
    return;
  }

  const vetted = programs.every((folder) => go(folder, "vet", "./...").status === 0);
  const events = programs.flatMap(test);
  const { numFailedTests, numRuntimeErrorTestSuites, numPassedTests } = report(events);
  process.stdout.write(outputOfFailed(events));
  console.log(`Go's tests: ${numPassedTests} passed, ${numFailedTests + numRuntimeErrorTestSuites} failed`);
  if (!vetted || numFailedTests + numRuntimeErrorTestSuites > 0) process.exitCode = 1;
}

function goFolder(): string {
  if (usableGo()) return path.dirname(commandPath("go")!);
  return required ? bringGo(root, cacheFolder()) : ownGo(cacheFolder());
}

function test(folder: string): GoTestEvent[] {
  const { stdout } = go(folder, "test", "-json", "./...");
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as GoTestEvent);
}

function go(folder: string, ...args: string[]) {
  // Go downloads a newer version of itself from the module proxy if a go.mod requires one.
  const env = { ...process.env, GOTOOLCHAIN: "auto" };
  const options = { cwd: folder, env, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  return spawnSync("go", args, { ...options, stdio: ["ignore", "pipe", "inherit"] });
}

function report(events: readonly GoTestEvent[]) {
  const counts = countTests(events);
  fs.mkdirSync(path.join(root, "build"), { recursive: true });
  fs.writeFileSync(path.join(root, "build/test-go.json"), `${JSON.stringify(counts)}\n`);
  return counts;
}

main();
