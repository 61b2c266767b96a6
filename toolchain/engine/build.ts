import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { closure, resolveAll, type Resolved } from "./ingredients";
import { takeLock, tryLock } from "./lock";
import { planSteps, type LastUsed, type Step } from "./planner";
import { Progress } from "./progress";
import type { Recipe } from "./recipe";
import { runScript, type Surroundings } from "./runner";
import { schedule } from "./scheduler";

/** What a run would do. */
export interface BuildPlan {
  requested: Resolved[];
  /** Recipes that have to run, needs first. */
  steps: Step[];
}

/** Finds out what has to be built; touches nothing. */
export function planBuild(recipes: Recipe[], around: Surroundings): BuildPlan {
  const requested = resolveAll(recipes, around.root);
  const lastUsed: LastUsed = readJson(lastUsedFile(around)) ?? {};
  return { requested, steps: planSteps(requested, (id) => around.store.has(id), lastUsed) };
}

/** Builds what is missing. @returns the store path of each requested recipe, by name. @throws when a recipe failed. */
export async function build({ requested, steps }: BuildPlan, around: Surroundings): Promise<Record<string, string>> {
  if (steps.length > 0) await runSteps(steps, around);
  rememberUsed(requested, around);
  return Object.fromEntries(requested.map((one) => [one.recipe.name, around.store.path(one.id)]));
}

/** Builds at once: a compiler uses all cores by itself, but linking and unpacking don't. About 4 GiB each. */
export function parallelism(cpus: number, memoryBytes: number): number {
  return Math.max(1, Math.min(cpus, 4, Math.floor(memoryBytes / 2 ** 32)));
}

async function runSteps(steps: Step[], around: Surroundings): Promise<void> {
  const progress = new Progress(steps.length);
  const inUse = await takeLock(inUseFile(around), () => undefined, "shared");

  const failures = await schedule(steps, parallelism(os.availableParallelism(), os.totalmem()), async (step) => {
    const { name } = step.recipe;
    progress.start(name);
    const wait = () => progress.note(name, "another process is building it; waiting");
    const fill = (place: Parameters<typeof runScript>[1]) => runScript(step, place, around);
    try {
      progress.end(name, (await around.store.add(step.id, fill, wait)) ? "built" : "built by another process");
    } catch (error) {
      progress.end(name, "FAILED; nothing new is started, what runs is finished");
      throw error;
    }
  });
  inUse.release();

  if (failures.length > 0) {
    const all = failures.map(({ id, error }) => `${id}: ${error.message}`).join("\n\n");
    throw new AggregateError(
      failures.map(({ error }) => error),
      all,
    );
  }
  await dropCompilerCaches(around);
}

/**
 * Compilers' caches are large (20 GB) and of no use once all is built; another checkout may still be building, though.
 * They are put aside at once and removed behind this process's back: a few hundred thousand files take minutes.
 */
async function dropCompilerCaches(around: Surroundings): Promise<void> {
  const lock = await tryLock(inUseFile(around));
  if (!lock) return;
  const { cache } = around.store;
  if (fs.existsSync(path.join(cache, "build"))) {
    fs.renameSync(path.join(cache, "build"), fs.mkdtempSync(path.join(cache, "dropped-")));
  }
  lock.release();
  const dropped = fs.readdirSync(cache).filter((name) => name.startsWith("dropped-"));
  spawn("rm", ["-rf", ...dropped], { cwd: cache, detached: true, stdio: "ignore" }).unref();
}

function rememberUsed(requested: Resolved[], around: Surroundings): void {
  const used = Object.fromEntries(closure(requested).map((one) => [one.recipe.name, one.ingredients]));
  fs.mkdirSync(path.dirname(lastUsedFile(around)), { recursive: true });
  fs.writeFileSync(lastUsedFile(around), JSON.stringify(used, undefined, 2));
}

function inUseFile({ store }: Surroundings): string {
  return path.join(store.cache, "locks", "build");
}

function lastUsedFile({ root }: Surroundings): string {
  return path.join(root, "build", "toolchain", "used.json");
}

function readJson<T>(file: string): T | undefined {
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as T) : undefined;
}
