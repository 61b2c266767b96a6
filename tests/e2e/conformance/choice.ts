/**
 * Finds tests among those of a release.
 *
 * @param all names of the release's tests, with their tags @example "[sig-node] Pods should be updated [Conformance]"
 * @param wanted names without tags, as in tests.ts
 * @returns the release's own names, in the order of `wanted`
 * @throws Error that names what the release lacks, or has more than once
 */
export function findTests(all: readonly string[], wanted: readonly string[]): string[] {
  const byName = Map.groupBy(all, withoutTags);
  const found = wanted.map((name) => byName.get(withoutTags(name)) ?? []);
  const problems = wanted.filter((_, index) => found[index]!.length !== 1);
  if (problems.length > 0) throw new Error(`not exactly one test of this release: ${problems.join("; ")}`);
  return found.flat();
}

/** A test's name without tags such as [Serial]. Only its SIG stays, with which it begins. */
const withoutTags = (name: string): string => name.replace(/(?<=.) ?\[[^\]]*\]/g, "");

/** A regular expression of Go, for ginkgo's `--focus`, that only these tests match. */
export function focusOn(tests: readonly string[]): string {
  return `^Kubernetes e2e suite (${tests.map(escaped).join("|")})$`;
}

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
