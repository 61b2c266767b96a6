import { minorOf, newestPatches } from "../../../components/cluster/versionsPlan";

/** One upgrade, by exact versions. */
export type Upgrade = readonly [from: string, to: string];

/**
 * All upgrades from the oldest release of the table to its newest, in order: patches, where the table has several of
 * a minor version, and minor versions, one at a time.
 *
 * @param versions of the table, oldest first
 * @throws Error if a minor version is missing between two others
 */
export function upgradesOf(versions: readonly string[]): Upgrade[] {
  return versions.slice(1).map((to, index) => {
    const from = versions[index]!;
    if (minorOf(to) - minorOf(from) > 1) throw new Error(`the table has no release between ${from} and ${to}`);
    return [from, to];
  });
}

/**
 * The oldest version that can't be reached from the first one in one upgrade, with the versions on the way there: of
 * each minor version in between the newest patch. @example ["1.34.3", "1.35.4", "1.36.3"]
 */
export function tooFar(versions: readonly string[]): readonly string[] {
  const from = versions[0]!;
  const later = newestPatches(versions).filter((version) => minorOf(version) > minorOf(from));
  const at = later.findIndex((version) => minorOf(version) - minorOf(from) > 1);
  if (at === -1) throw new Error(`${versions.join(", ")}: the table skips no minor version`);
  return [from, ...later.slice(0, at + 1)];
}
