import { closure } from "./engine/ingredients";
import { prepare } from "./prepare";

/**
 * Removes the entries of the cache that this checkout doesn't use as it is now.
 *
 * @param asked Kubernetes versions to keep beside the default; if none is given, all stay that were built
 */
export async function cleanCache(root: string, asked: readonly string[]): Promise<void> {
  const { around, plan } = await prepare(root, asked, asked.length === 0);
  const used = new Set(closure(plan.requested).map(({ id }) => id));
  for (const id of around.store.ids().filter((id) => !used.has(id))) {
    await around.store.drop(id);
    console.log(`removed ${id}`);
  }
}
