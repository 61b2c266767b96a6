import type { Recipe } from "../engine/recipe";
import { commandPath } from "./commands";

/** Debian packages by the commands that they bring. */
export type Tools = Record<string, string>;

/** Commands that the toolchain itself calls, or an `up` on this machine. */
const engineTools: Tools = {
  ...{ flock: "util-linux", curl: "curl", git: "git" },
  ...{ "ssh-keygen": "openssh-client", openssl: "openssl" },
};

/** Everything that these recipes and parts call. */
export function allTools(recipes: Recipe[], others: Tools[]): Tools {
  return Object.assign({}, engineTools, ...others, ...recipes.map((recipe) => recipe.tools ?? {})) as Tools;
}

/** Those of the tools that this machine lacks. */
export function missingTools(tools: Tools): Tools {
  return Object.fromEntries(Object.entries(tools).filter(([command]) => !commandPath(command)));
}
