import { kubernetesReleases, type KubernetesRelease } from "../../components/artifacts/kubernetesReleases";
import type { Recipe } from "../engine/recipe";
import { programsOf } from "./goReleases";
import { imagesOf } from "./images";
import { packagesOf } from "./packages";

/** gpg, and the agent that it leaves private keys to. */
const gpg = { gpg: "gpg", "gpg-agent": "gpg-agent" };

/** The key that signs the mirror's packages, made once for a cache. Its public half lies in each mirror, which is all that hosts need. */
const mirrorKey: Recipe = {
  name: "mirror-key",
  summary: "the key that signs the mirror's packages",
  inputs: ["toolchain/mirror/keyring.sh"],
  script: "toolchain/mirror/make-key.sh",
  tools: gpg,
  usual: { seconds: 1, megabytes: 1 },
};

/**
 * All packages and images together, as the server wants them.
 *
 * @param versions of Kubernetes, at least one; the mirror has the packages and images of all of them, beside one another
 */
export function mirrorOf(versions: readonly string[]): Recipe {
  const pieces = piecesOf(versions);
  const oldest = inTable(versions)[0]!;
  return {
    name: "mirror",
    summary: "the apt repository and the image registry of the hosts",
    inputs: ["toolchain/mirror/keyring.sh"],
    settings: { PIECES: pieces.map(({ name }) => name).join(" "), KUBERNETES: oldest.version },
    needs: [programsOf(oldest).kubernetes, mirrorKey, ...pieces],
    script: "toolchain/mirror/build.sh",
    tools: { ...gpg, "apt-ftparchive": "apt-utils", xz: "xz-utils" },
    // Hard links: the pieces' files.
    usual: { seconds: 5, megabytes: 1 },
  };
}

/** Recipes of all packages and images of a mirror. A piece whose content others bring is left out: releases share some. */
export function piecesOf(versions: readonly string[]): Recipe[] {
  const releases = inTable(versions);
  const brought = new Set<string>();
  return [...releases.flatMap(packagesOf), ...releases.flatMap(imagesOf)].flatMap(({ recipe, brings }) => {
    if (brings.every((each) => brought.has(each))) return [];
    brings.forEach((each) => brought.add(each));
    return [recipe];
  });
}

function inTable(versions: readonly string[]): KubernetesRelease[] {
  return kubernetesReleases.filter(({ version }) => versions.includes(version));
}
