import { versions } from "../../components/artifacts/versions";
import type { Recipe } from "../engine/recipe";
import { kubernetes } from "./goCluster";
import { imageRecipes } from "./images";
import { packageRecipes } from "./packages";

const pieces = [...packageRecipes, ...imageRecipes];

/** All packages and images together, as the server wants them. */
export const mirror: Recipe = {
  name: "mirror",
  summary: "the apt repository and the image registry of the hosts",
  inputs: [],
  settings: { PIECES: pieces.map(({ name }) => name).join(" "), KUBERNETES: versions.kubernetes },
  needs: [kubernetes, ...pieces],
  script: "toolchain/mirror/build.sh",
  tools: { "apt-ftparchive": "apt-utils", xz: "xz-utils" },
  // Hard links: the pieces' files.
  usual: { seconds: 5, megabytes: 1 },
};
