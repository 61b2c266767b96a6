import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { commandPath } from "../machine/commands";
import { pulumiVersions } from "../recipes/goPulumi";
import type { InstalledPulumi } from "./decide";

/** Plugins that the program uses, as Pulumi names their folders (after `resource-`). */
export const plugins = {
  kubernetes: `kubernetes-v${pulumiVersions.kubernetes}`,
  command: `command-v${pulumiVersions.command}`,
};

/** PULUMI_HOME as Pulumi itself finds it. */
export function userPulumiHome(): string {
  return process.env.PULUMI_HOME ?? path.join(os.homedir(), ".pulumi");
}

/**
 * Looks for Pulumi on this machine.
 *
 * @param ours where the toolchain puts its own: not counted, so that a second run decides as the first did
 */
export function installedPulumi(ours: string): InstalledPulumi {
  const cli = commandPath("pulumi", ours);
  const folders = Object.values(plugins).map((name) => path.join(userPulumiHome(), "plugins", `resource-${name}`));
  return {
    cli: cli && execFileSync(cli, ["version"], { encoding: "utf8" }).trim().replace(/^v/, ""),
    wanted: pulumiVersions.cli,
    languageHost: commandPath("pulumi-language-nodejs", ours) !== undefined,
    missingPlugins: Object.values(plugins).filter((_, index) => !fs.existsSync(folders[index] ?? "")),
  };
}
