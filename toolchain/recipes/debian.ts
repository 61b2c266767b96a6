import type { Recipe } from "../engine/recipe";

/**
 * From when Debian's packages in images and on hosts are at the earliest: apt takes the newest ones at the time of the
 * build, and what was built before stays in use. A new date fetches them anew, for instance for security updates.
 */
const debianDate = "2026-11-21";

/** Settings of all recipes that take packages from Debian. */
export const debianSettings = { DEBIAN: debianDate };

/** The layer under all images that have Debian's packages in them. */
export const imageDebian: Recipe = {
  name: "image-debian",
  summary: "the layer that images with Debian's packages share",
  inputs: ["toolchain/images/lib"],
  settings: debianSettings,
  script: "toolchain/images/debian.sh",
  usual: { seconds: 8, megabytes: 24 },
};
