import { kubernetesReleases, type KubernetesRelease } from "../../components/artifacts/kubernetesReleases";
import type { Recipe } from "../engine/recipe";
import { conformanceImages } from "./conformance";
import { firstRelease } from "./goCluster";
import { programsOf } from "./goReleases";
import { imagesOf } from "./images";
import { packagesOf } from "./packages";

/** What a mirror has. */
export interface MirrorContent {
  /** Versions of Kubernetes, at least one. Their packages and images lie beside one another. */
  readonly kubernetes: readonly string[];
  /** Whether it has the images of Kubernetes' conformance tests. */
  readonly conformance: boolean;
}

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

/** All packages and images together, as the server wants them. */
export function mirrorOf({ kubernetes, conformance }: MirrorContent): Recipe {
  const pieces = [...piecesOf(kubernetes), ...(conformance ? conformanceImages : [])];
  const oldest = inTable(kubernetes)[0]!;
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

/**
 * Recipes of all packages and images that stacks with these versions need. A piece whose content others bring is left out:
 * releases share some.
 */
export function piecesOf(versions: readonly string[]): Recipe[] {
  // The first release's packages are one piece, in which others' cri-tools and kubernetes-cni may be: it comes before theirs.
  const isFirst = (release: KubernetesRelease) => Number(release === firstRelease);
  const releases = inTable(versions).sort((one, other) => isFirst(other) - isFirst(one));
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
