import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a script that makes or removes hosts (components/hosts/scripts). It runs where Pulumi runs. */
export function localScript(name: string): string {
  return readFileSync(join(__dirname, "scripts", name), "utf8");
}

/** How such scripts are run. */
export const bash = ["bash", "-c"];

/** Scripts that make a thing, change it and remove it. */
interface Scripts {
  create: string;
  update?: string;
  delete?: string;
}

/**
 * The inputs of a local command that runs these scripts. They go by environment: an error quotes the command, and would
 * bury the reason under the script.
 */
export function localScripts(scripts: Scripts, settings: Record<string, string>) {
  const moments = Object.entries(scripts) as [keyof Scripts, string][];
  const commands = moments.map(([moment, name]) => [moment, `bash -c "$SCRIPT_${moment}" # ${name}`]);
  const texts = moments.map(([moment, name]) => [`SCRIPT_${moment}`, localScript(name)]);
  return {
    ...(Object.fromEntries(commands) as Scripts),
    interpreter: bash,
    environment: { ...settings, ...(Object.fromEntries(texts) as Record<string, string>) },
  };
}
