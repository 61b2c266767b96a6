import { goRecipe } from "./goRecipe";

/** The published registry server, with a file server for apt beside it. Fills a mirror's registry, too. */
export const mirrorServer = goRecipe({
  name: "mirror-server",
  summary: "the mirror's server",
  folder: "toolchain/go/mirror",
  packages: ".",
  usual: { seconds: 60, megabytes: 23 },
});
