import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a script in components/hosts/scripts, which runs where Pulumi runs. @example "create-network.sh" */
export function localScript(name: string): string {
  return readFileSync(join(__dirname, "scripts", name), "utf8");
}

/** The interpreter of local commands. */
export const bash = ["bash", "-c"];

/** File names of the scripts that create, update and delete something. */
interface Scripts {
  create: string;
  update?: string;
  delete?: string;
}

/**
 * Inputs of a local command that runs these scripts. The environment holds their text: an error quotes the command, and the text
 * would bury the reason.
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
