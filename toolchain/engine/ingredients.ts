import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Recipe } from "./recipe";

/** All that a recipe's result depends on, by content. Its hash is the key; a difference between two says why. */
export interface Ingredients {
  name: string;
  /** CPU architecture of this machine, as Node.js names it. */
  arch: string;
  script: string;
  /** Hash of content and executable bit, by repo-relative path. */
  files: Record<string, string>;
  settings: Record<string, string>;
  /** Store ids of the recipes that this one needs. */
  needs: Record<string, string>;
}

/** A recipe with its place in the store. */
export interface Resolved {
  recipe: Recipe;
  /** NAME-HASH, the entry's folder in the store. */
  id: string;
  ingredients: Ingredients;
  needs: Resolved[];
}

/** Hashes recipes, and what they need, as the files under `root` are now. The same recipe yields the same object. */
export function resolveAll(recipes: Recipe[], root: string): Resolved[] {
  const byName = new Map<string, Resolved>();

  function resolve(recipe: Recipe): Resolved {
    const earlier = byName.get(recipe.name);
    if (earlier) {
      if (earlier.recipe !== recipe) throw new Error(`two recipes are named "${recipe.name}"`);
      return earlier;
    }
    const needs = (recipe.needs ?? []).map(resolve);
    const ingredients: Ingredients = {
      name: recipe.name,
      arch: process.arch,
      script: recipe.script,
      files: hashFiles([recipe.script, ...recipe.inputs], root),
      settings: recipe.settings ?? {},
      needs: Object.fromEntries(needs.map((need) => [need.recipe.name, need.id])),
    };
    const resolved = { recipe, id: `${recipe.name}-${keyOf(ingredients)}`, ingredients, needs };
    byName.set(recipe.name, resolved);
    return resolved;
  }
  return recipes.map(resolve);
}

/** The recipes given and all that they need, each once, needs first. */
export function closure(requested: Resolved[]): Resolved[] {
  const all = new Set<Resolved>();
  const visit = (one: Resolved) => {
    one.needs.forEach(visit);
    all.add(one);
  };
  requested.forEach(visit);
  return [...all];
}

function keyOf(ingredients: Ingredients): string {
  const sorted = { ...ingredients, files: byName(ingredients.files), settings: byName(ingredients.settings) };
  return createHash("sha256").update(JSON.stringify(sorted)).digest("hex").slice(0, 16);
}

function byName(record: Record<string, string>): [string, string][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
}

function hashFiles(inputs: string[], root: string): Record<string, string> {
  const files = inputs.flatMap((input) => filesUnder(input, root));
  return Object.fromEntries(files.map((file) => [file, hashFile(path.join(root, file))]));
}

function filesUnder(input: string, root: string): string[] {
  const absolute = path.join(root, input);
  if (!fs.existsSync(absolute)) throw new Error(`input ${input} does not exist`);
  if (!fs.statSync(absolute).isDirectory()) return [input];
  // Tests and their data don't go into what is built.
  const names = fs.readdirSync(absolute).filter((name) => name !== "testdata" && !name.endsWith("_test.go"));
  return names.flatMap((name) => filesUnder(path.posix.join(input, name), root));
}

function hashFile(file: string): string {
  const executable = (fs.statSync(file).mode & 0o100) !== 0;
  return createHash("sha256")
    .update(executable ? "x" : "-")
    .update(fs.readFileSync(file))
    .digest("hex");
}
