import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Files of scripts/. `lib` goes in front of each. */
export type ScriptName =
  | "preflight"
  | "original"
  | "undo"
  | "prepare"
  | "init"
  | "nodes"
  | "etcd"
  | "controlPlane"
  | "join"
  | "labels"
  | "leave"
  | "drift";

/** What a script reads, as shell variables. They are not exported: no program that a script starts inherits them. */
export type ScriptInputs = Readonly<Record<string, string>>;

/** The scripts that are run on a host, one after the other, in the two moments of a resource's life. */
export interface HostAction {
  /** As messages name it: "prepare". */
  readonly name: string;
  readonly create?: readonly ScriptName[];
  readonly delete?: readonly ScriptName[];
}

/**
 * The command for the host's login shell. Everything else comes by stdin, so that neither the process list nor an error,
 * which quotes the command, shows scripts or secrets.
 */
export function hostCommand(action: HostAction, moment: "create" | "delete", user: string): string {
  const run = `bash -s -- ${moment} # ${action[moment]?.at(-1)}.sh`;
  if (user === "root") return run;
  const refusal = `"user $(id -un) needs sudo without a password: see sudoers(5), NOPASSWD [KK715]"`;
  return `sudo -n true || { echo ${refusal} >&2; exit 1; }; sudo -n ${run}`;
}

/**
 * What bash reads on the host: inputs, lib.sh, and the script of the moment (its first argument). All of it is one compound
 * command, which bash reads to the end before it runs any of it: half a script, from a connection that broke, does
 * nothing, and no program in it can eat the rest by reading stdin.
 */
export function composeScript(host: string, action: HostAction, inputs: ScriptInputs): string {
  const assignments = Object.entries({ HOST: host, ACTION: action.name, ...inputs }).map(
    ([name, value]) => `${name}=${shellQuote(value)}`,
  );
  const moments = (["create", "delete"] as const).flatMap((moment) => {
    const scripts = action[moment];
    return scripts ? [`${moment})`, ...scripts.map(readScript), ";;"] : [];
  });
  return ["{", ...assignments, readScript("lib"), 'case "$1" in', ...moments, "esac", "exit", "} </dev/null", ""].join(
    "\n",
  );
}

/** One word for a POSIX shell, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The text of a script, for the host that it is run on; `loadBalancer` is for where Pulumi runs. */
export function readScript(name: ScriptName | "lib" | "loadBalancer"): string {
  return readFileSync(join(__dirname, "scripts", `${name}.sh`), "utf8").trimEnd();
}
