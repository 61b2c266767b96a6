import { closure } from "./engine/ingredients";
import { prepare } from "./prepare";

/** Removes the entries of the cache that this checkout doesn't use as it is now. */
export async function cleanCache(root: string): Promise<void> {
  const { around, plan } = await prepare(root);
  const used = new Set(closure(plan.requested).map(({ id }) => id));
  for (const id of around.store.ids().filter((id) => !used.has(id))) {
    await around.store.drop(id);
    console.log(`removed ${id}`);
  }
}
