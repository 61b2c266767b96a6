import { closure } from "./engine/ingredients";
import { prepare } from "./prepare";
import type { MirrorContent } from "./recipes/mirror";

/**
 * Removes the entries of the cache that this checkout doesn't use as it is now.
 *
 * @param asked what to keep beside the default; if it is nothing, all stays that was built
 */
export async function cleanCache(root: string, asked: MirrorContent): Promise<void> {
  const { around, plan } = await prepare(root, asked, asked.kubernetes.length === 0 && !asked.conformance);
  const used = new Set(closure(plan.requested).map(({ id }) => id));
  for (const id of around.store.ids().filter((id) => !used.has(id))) {
    await around.store.drop(id);
    console.log(`removed ${id}`);
  }
}
