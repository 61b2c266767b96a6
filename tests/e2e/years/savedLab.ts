import type { Entry } from "../cluster/storyMachines";

/** A cluster that a part has left for the next one. */
export interface SavedLab {
  /** Public key that may log in to its machines. The stack's config has the private one. */
  readonly publicKey: string;
  readonly entries: readonly Entry[];
  /** Version of Kubernetes. */
  readonly kubernetes: string;
}

/**
 * Why a part can't begin with the cluster that another one has left; undefined if it can.
 *
 * @param running names of the hosts whose containers run
 * @param version that the part begins with @default any
 */
export function unfit(saved: SavedLab, running: readonly string[], version?: string): string | undefined {
  const gone = saved.entries.map(({ name }) => name).filter((name) => !running.includes(name));
  if (gone.length > 0) return `its hosts don't run: ${gone.join(", ")}`;
  if (version !== undefined && saved.kubernetes !== version) return `it runs Kubernetes ${saved.kubernetes}`;
  return undefined;
}
