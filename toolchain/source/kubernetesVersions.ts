import { kubernetesVersions } from "../../components/artifacts/kubernetesReleases";
import { versions } from "../../components/artifacts/versions";
import { resolveAll } from "../engine/ingredients";
import { conformanceImages, conformancePrograms } from "../recipes/conformance";
import { piecesOf, type MirrorContent } from "../recipes/mirror";
import type { Source } from "./decide";

/** Word of the command line that asks for Kubernetes' conformance tests. */
const CONFORMANCE = "conformance";

/** What the mirror shall have beside what every stack needs. @param words versions, and "conformance" for the tests */
export function askedContent(words: readonly string[]): MirrorContent {
  return {
    kubernetes: askedVersions(words.filter((word) => word !== CONFORMANCE)),
    conformance: words.includes(CONFORMANCE),
  };
}

/**
 * The Kubernetes versions that the user names (`make toolchain versions="1.35.4 1.36.3"`).
 *
 * @throws Error that names those which the program doesn't support, and those which it does
 */
export function askedVersions(words: readonly string[]): readonly string[] {
  const unknown = words.filter((word) => !kubernetesVersions.includes(word));
  if (unknown.length === 0) return words;
  throw new Error(`versions has ${unknown.join(", ")}; it can have ${kubernetesVersions.join(", ")}`);
}

/**
 * Versions that the mirror has to have, oldest first: the default, those that the user asks for, and those that were built before,
 * so that a cluster with one of them keeps its packages and images.
 *
 * @param built versions whose packages and images are in the store
 */
export function mirroredVersions(asked: readonly string[], built: readonly string[]): readonly string[] {
  return kubernetesVersions.filter((version) => [versions.kubernetes, ...asked, ...built].includes(version));
}

/**
 * Versions whose own packages and images are all in the store. The default's don't count: it is built in any case.
 *
 * @param has whether the store has an entry
 */
export function builtVersions(root: string, has: (id: string) => boolean): readonly string[] {
  const always = piecesOf([versions.kubernetes]).map(({ name }) => name);
  return kubernetesVersions.filter((version) => {
    const own = piecesOf([versions.kubernetes, version]).filter(({ name }) => !always.includes(name));
    return resolveAll(own, root).every(({ id }) => has(id));
  });
}

/** Whether the conformance tests and all of their images are in the store, so that to keep them builds nothing. */
export function builtConformance(root: string, has: (id: string) => boolean): boolean {
  return resolveAll([...conformancePrograms, ...conformanceImages], root).every(({ id }) => has(id));
}

/** Where Kubernetes comes from, in words for the user. */
export function describeVersions(source: Source, mirrored: readonly string[]): string {
  if (source === "upstream") return `any of ${kubernetesVersions.join(", ")}, from upstream`;
  return `${mirrored.join(", ")} in the mirror; another one with versions="…"`;
}
