import * as fs from "node:fs";
import * as path from "node:path";
import { resolveAll } from "../../../toolchain/engine/ingredients";
import { planSteps, type LastUsed } from "../../../toolchain/engine/planner";
import type { Recipe } from "../../../toolchain/engine/recipe";
import { recipe, sandbox, type Sandbox } from "./recipes";

let box: Sandbox;
beforeEach(() => {
  box = sandbox();
  ["compiler", "packages", "image"].forEach((name) => box.write(`${name}.sh`, "true"));
  box.write("go.mod", "v1");
});
afterEach(() => box.remove());

const compiler = recipe("compiler", { inputs: ["go.mod"], settings: { VERSION: "1" } });
const packages = recipe("packages", { needs: [compiler] });
const image = recipe("image", { needs: [compiler] });

const resolve = (...recipes: Recipe[]) => resolveAll(recipes, box.around.root);

function plan(recipes: Recipe[], held: string[] = [], lastUsed: LastUsed = {}): string[] {
  const steps = planSteps(resolve(...recipes), (id) => held.includes(id), lastUsed);
  return steps.map((step) => `${step.recipe.name}: ${step.why}`);
}

test("in an empty store everything is built, dependencies first and each once", () => {
  expect(plan([packages, image])).toEqual([
    "compiler: not built yet; packages needs it",
    "packages: not built yet",
    "image: not built yet",
  ]);
});

test("nothing is built if the store has everything", () => {
  const held = resolve(compiler, packages).map(({ id }) => id);
  expect(plan([packages, compiler], held)).toEqual([]);
});

test("a dependency that only built entries need is not built", () => {
  const [held] = resolve(packages);
  expect(plan([packages], [held!.id])).toEqual([]);
});

test("a changed input rebuilds what depends on it, and is named", () => {
  const before = resolve(packages, compiler);
  const lastUsed = Object.fromEntries(before.map((one) => [one.recipe.name, one.ingredients]));
  box.write("go.mod", "v2");
  const held = before.map(({ id }) => id);
  expect(plan([packages], held, lastUsed)).toEqual([
    "compiler: go.mod changed since it was last used here; packages needs it",
    "packages: compiler changed since it was last used here",
  ]);
});

test("an entry that was deleted from the cache is reported differently from one that was never built", () => {
  const lastUsed = Object.fromEntries(resolve(compiler).map((one) => [one.recipe.name, one.ingredients]));
  expect(plan([compiler], [], lastUsed)).toEqual(["compiler: not in the cache, though it was used here before"]);
});

test.each([
  ["a file's content", () => box.write("go.mod", "v2"), compiler],
  ["the script", () => box.write("compiler.sh", "false"), compiler],
  ["a setting", () => undefined, { ...compiler, settings: { VERSION: "2" } }],
  ["the recipes needed", () => undefined, { ...compiler, needs: [recipe("image")] }],
])("the key changes with %s", (_, change, changed) => {
  const [before] = resolve(compiler);
  change();
  expect(resolve(changed)[0]!.id).not.toBe(before!.id);
});

test("the key is the same in another checkout, and doesn't depend on the order of settings or on texts that are only shown", () => {
  const [one] = resolve(recipe("image", { settings: { A: "1", B: "2" } }));
  const other = recipe("image", {
    settings: { B: "2", A: "1" },
    summary: "other",
    usual: { seconds: 1, megabytes: 1 },
  });
  expect(resolveAll([other], box.clone().root)[0]!.id).toBe(one!.id);
});

test("two recipes with the same name are refused", () => {
  expect(() => resolve(recipe("image"), recipe("image"))).toThrow('two recipes are named "image"');
});

test("a test beside the source doesn't cause a build", () => {
  fs.mkdirSync(path.join(box.around.root, "go"));
  box.write("go/main.go", "package main");
  const [before] = resolve(recipe("compiler", { inputs: ["go"] }));
  box.write("go/main_test.go", "package main");
  const [after] = resolve(recipe("compiler", { inputs: ["go"] }));
  expect(after!.id).toBe(before!.id);
});

test("an input that does not exist is named", () => {
  expect(() => resolve(recipe("image", { inputs: ["nowhere"] }))).toThrow("nowhere does not exist");
});
