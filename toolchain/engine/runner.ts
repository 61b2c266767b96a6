import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Resolved } from "./ingredients";
import { directoryVariable } from "./recipe";
import type { Store, Workplace } from "./store";

/** Where a recipe's script runs and where its output goes. */
export interface Surroundings {
  /** Root of the checkout. */
  root: string;
  store: Store;
  /** Folder of the scripts' output, one file a recipe. */
  logs: string;
}

/** Runs a recipe's script. @throws an error with the end of the script's output and the path of the whole. */
export async function runScript(step: Resolved, place: Workplace, around: Surroundings): Promise<void> {
  const build = path.join(around.store.cache, "build");
  [around.logs, build].forEach((folder) => fs.mkdirSync(folder, { recursive: true }));
  const logFile = path.join(around.logs, `${step.recipe.name}.log`);
  const log = fs.openSync(logFile, "w");
  const env = {
    ...process.env,
    PATH: `${path.join(around.root, "node_modules/.bin")}:${process.env.PATH}`,
    ...step.recipe.settings,
    ...Object.fromEntries(step.needs.map((need) => [directoryVariable(need.recipe), around.store.path(need.id)])),
    OUT: place.out,
    WORK: place.work,
    BUILD: build,
  };
  try {
    const status = await new Promise<string>((resolve, reject) => {
      const stdio = ["ignore" as const, log, log, place.lock.fd];
      const child = spawn("bash", [step.recipe.script], { cwd: around.root, env, stdio });
      child.on("error", reject);
      child.on("exit", (code, signal) => resolve(signal ?? String(code)));
    });
    if (status !== "0")
      throw new Error(`${step.recipe.script} ended with ${status}\n${tail(logFile)}\nAll of it: ${logFile}`);
  } finally {
    fs.closeSync(log);
  }
}

function tail(file: string): string {
  return fs
    .readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .slice(-20)
    .map((line) => `    ${line}`)
    .join("\n");
}
