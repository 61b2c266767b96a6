import * as fs from "node:fs";
import * as path from "node:path";
import { releaseOf } from "../../components/artifacts/kubernetesReleases";
import { versions } from "../../components/artifacts/versions";
import type { Recipe } from "../engine/recipe";
import { pulumiCli, pulumiCommand, pulumiKubernetes, pulumiNodejsHost } from "../recipes/goPulumi";
import { programsOf } from "../recipes/goReleases";
import { kubectlRelease, pulumiRelease } from "../recipes/releases";
import type { PulumiFrom } from "../source/decide";
import { plugins, userPulumiHome } from "../source/installed";
import type { Part } from "./part";

const { kubernetes } = programsOf(releaseOf(versions.kubernetes));

const builtPlugins = { kubernetes: pulumiKubernetes, command: pulumiCommand };

const cliRecipes: Record<PulumiFrom, Recipe[]> = {
  found: [],
  download: [pulumiRelease],
  build: [pulumiCli, pulumiNodejsHost],
};

/** The programs on the machine that runs Pulumi: bin/ with pulumi, its language host and kubectl, and PULUMI_HOME. */
export const pulumi: Part = {
  name: "pulumi",

  recipes(decision) {
    return [
      ...cliRecipes[decision.pulumi],
      ...(decision.pulumi === "build" ? Object.values(builtPlugins) : []),
      decision.source === "mirror" ? kubernetes : kubectlRelease,
    ];
  },

  tools: () => ({}),

  async ready({ decision, ours, built }) {
    const bin = path.join(ours, "bin");
    const home = decision.pulumi === "found" ? userPulumiHome() : path.join(ours, "pulumi-home");
    const kubectl = decision.source === "mirror" ? kubernetes : kubectlRelease;

    fs.rmSync(bin, { recursive: true, force: true });
    for (const recipe of cliRecipes[decision.pulumi]) placeAll(built(recipe), bin);
    link(path.join(built(kubectl), "kubectl"), path.join(bin, "kubectl"));
    if (decision.pulumi === "build") {
      for (const kind of ["kubernetes", "command"] as const) {
        const program = `pulumi-resource-${kind}`;
        const folder = path.join(home, "plugins", `resource-${plugins[kind]}`);
        link(path.join(built(builtPlugins[kind]), program), path.join(folder, program));
      }
    }
    if (decision.pulumi !== "found") keepNoLogs(home);
    return {
      PATH: bin,
      PULUMI_HOME: home,
      // What wasn't built can't be had: every run would try, for Google Cloud's plugin, which package.json names.
      ...(decision.pulumi === "build" && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true" }),
    };
  },
};

/**
 * Pulumi writes a log of each command into its home, every property of every resource included: half of what the engine
 * computes in an `up` that changes nothing, and up to 500 MB. No setting turns that off (pulumi/pulumi#22416, #23731), but Pulumi
 * does without logs if a file has the folder's place. `bin/pulumi up -v=9 --logtostderr` still prints one.
 */
function keepNoLogs(home: string): void {
  const logs = path.join(home, "logs");
  fs.rmSync(logs, { recursive: true, force: true });
  fs.mkdirSync(home, { recursive: true });
  fs.writeFileSync(logs, "So that Pulumi keeps no logs here: see keepNoLogs in toolchain/parts/pulumi.ts.\n");
}

/**
 * Puts programs into one folder: Pulumi warns of a language host that isn't in the folder of `pulumi` itself. It resolves
 * symbolic links first, so these are hard links.
 */
function placeAll(from: string, to: string): void {
  fs.mkdirSync(to, { recursive: true });
  for (const name of fs.readdirSync(from)) {
    try {
      fs.linkSync(path.join(from, name), path.join(to, name));
    } catch {
      fs.copyFileSync(path.join(from, name), path.join(to, name)); // another file system
    }
  }
}

function link(target: string, place: string): void {
  fs.mkdirSync(path.dirname(place), { recursive: true });
  fs.rmSync(place, { force: true });
  fs.symlinkSync(target, place);
}
