import { versions } from "../../components/artifacts/versions";
import type { Recipe } from "../engine/recipe";
import { pulumiVersions } from "./goPulumi";

/** Programs as upstream publishes them, for machines that reach it. */

/** What their scripts check downloads by. */
const downloads = ["toolchain/scripts/download.sh", "toolchain/scripts/sha256sums"];

/** pulumi and its language hosts. */
export const pulumiRelease: Recipe = {
  name: "pulumi-release",
  summary: `Pulumi ${pulumiVersions.cli}, downloaded`,
  inputs: downloads,
  settings: { VERSION: pulumiVersions.cli, FROM: "https://get.pulumi.com/releases/sdk" },
  script: "toolchain/scripts/download-pulumi.sh",
  usual: { seconds: 20, megabytes: 400 },
};

/** kubectl. */
export const kubectlRelease: Recipe = {
  name: "kubectl-release",
  summary: `kubectl ${versions.kubernetes}, downloaded`,
  inputs: downloads,
  settings: { VERSION: `v${versions.kubernetes}`, FROM: "https://dl.k8s.io/release" },
  script: "toolchain/scripts/download-kubectl.sh",
  usual: { seconds: 5, megabytes: 60 },
};
