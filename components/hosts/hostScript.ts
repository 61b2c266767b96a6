import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The text of a script that makes or removes hosts (components/hosts/scripts). It runs where Pulumi runs. */
export function hostScript(name: string): string {
  return readFileSync(join(__dirname, "scripts", name), "utf8");
}

/** How such scripts are run. */
export const bash = ["bash", "-c"];
