import { closure, type Ingredients, type Resolved } from "./ingredients";

/** A recipe that has to run, and the reason. */
export interface Step extends Resolved {
  why: string;
}

/** What was used by the last run in this checkout, by recipe name. */
export type LastUsed = Record<string, Ingredients>;

/**
 * The recipes that have to run, needs first: those asked for that the store lacks, and what those need that it lacks
 * too. Something that is only needed to build what is there already is not built.
 */
export function planSteps(requested: Resolved[], has: (id: string) => boolean, lastUsed: LastUsed): Step[] {
  const neededBy = new Map<Resolved, Resolved | undefined>();
  const visit = (one: Resolved, by?: Resolved) => {
    if (has(one.id) || neededBy.has(one)) return;
    neededBy.set(one, by);
    one.needs.forEach((need) => visit(need, one));
  };
  requested.forEach((one) => visit(one));

  return closure([...neededBy.keys()])
    .filter((one) => neededBy.has(one))
    .map((one) => ({ ...one, why: why(one, lastUsed[one.recipe.name], neededBy.get(one)) }));
}

function why(one: Resolved, before: Ingredients | undefined, by: Resolved | undefined): string {
  const reason = before ? difference(before, one.ingredients) : "not built yet";
  return by ? `${reason}; ${by.recipe.name} needs it` : reason;
}

function difference(before: Ingredients, now: Ingredients): string {
  const changed = [
    ...changedNames(before.files, now.files),
    ...changedNames(before.settings, now.settings),
    ...changedNames(before.needs, now.needs),
    ...(before.script === now.script ? [] : [now.script]),
    ...(before.arch === now.arch ? [] : ["CPU architecture"]),
  ];
  const [first, second, ...more] = [...new Set(changed)];
  if (!first) return "not in the cache, though it was used here before";
  const names = [first, ...(second ? [second] : []), ...(more.length ? [`${more.length} more`] : [])];
  return `${names.join(", ")} changed since it was last used here`;
}

function changedNames(before: Record<string, string>, now: Record<string, string>): string[] {
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((name) => before[name] !== now[name]);
}
