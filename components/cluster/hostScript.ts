import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type HostAction, minutesOf } from "./actions";
import { printMarks } from "./hostReport";

/** Inputs of a script: shell variables, which aren't exported to the programs that it starts. @example { ADDRESS: "10.0.0.4" } */
export type ScriptInputs = Readonly<Record<string, string>>;

/** Without a PATH, bash's default includes the working directory. */
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/** A script's first line. If it is missing, a start-up file of the login has read from the script. */
const FIRST_LINE = "# kubeadm-kafka: the script begins";

/**
 * Runs the script on standard input if it is whole. A whole script ends with `exit`, so the commands behind `eval` run only where a
 * start-up file of the login, or a shell that such a file started, has read from the script (KK774). `bash -s` would take an
 * empty script for a success. The host composes the error code, because each error of Pulumi's quotes this text. The text stands
 * in single quotes, and has none itself.
 */
const RUN_WHOLE =
  `eval "$(sed -n "/^${FIRST_LINE}/,$ p")"; ` +
  `echo "$0: the script has not reached $HOSTNAME whole: no start-up file of its login may read input [KK$((774))]" >&2; ` +
  "exit 65";

/**
 * The command for the host's login shell. Scripts and secrets come by standard input, since the process list and Pulumi's errors
 * show the command. The host enforces the time limit: Pulumi's own limits end only the dialling, and it would wait forever.
 *
 * The script gets nothing of the login's environment, such as a proxy or a locale (lib.sh sets its own). Three details follow:
 *
 * - bash reads ~/.bashrc for a command whose input is sshd's socket; `--norc` prevents that.
 * - sudo may bring /etc/environment back by PAM, so the command behind it starts with `env -i`, too.
 * - Login shells differ, so that the shell's part is one quoted word for `sh`.
 *
 * @param host name of the step's host, for messages
 * @param moment the script's first argument
 * @param argument the script's second argument, for a value that differs on every run and must not cause a diff @default none
 * @see https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html
 */
export function hostCommand(
  host: string,
  action: HostAction,
  moment: "create" | "delete",
  user: string,
  argument?: number,
): string {
  const bash = `bash --norc -c '${RUN_WHOLE}' '${host}: ${action.name}'`;
  const words = [bash, moment, argument].filter((word) => word !== undefined);
  const run = `/usr/bin/env -i ${PATH} timeout --kill-after=1m ${minutesOf(action)}m ${words.join(" ")}`;
  return `${asRoot(user, run)} # ${action[moment]?.at(-1)}.sh`;
}

/** A command for the host's login shell that runs as root. @param run the command, for an environment without variables */
export function asRoot(user: string, run: string): string {
  if (user === "root") return run;
  const refusal = `"user $(id -un) needs sudo without a password: see sudoers(5), NOPASSWD [KK715]"`;
  const throughSudo = `sudo -n true || { echo ${refusal} >&2; exit 1; }; exec sudo -n "$@"`;
  return `/usr/bin/env -i ${PATH} sh -c '${throughSudo}' sh ${run}`;
}

/**
 * The text that bash reads on the host: inputs, lib.sh, and the scripts of the moment, which is the first argument. The text is one
 * compound command, which bash parses to its end before it runs any of it: if the connection breaks, half a script does nothing.
 * Without a moment, the shell is a start-up file's (KK774). The result stands between marks, see hostReport.ts.
 */
export function composeScript(host: string, action: HostAction, inputs: ScriptInputs): string {
  const ownInputs = { HOST: host, ACTION: action.name, MINUTES: String(minutesOf(action)) };
  const assignments = Object.entries({ ...ownInputs, ...inputs }).map(
    ([name, value]) => `${name}=${shellQuote(value)}`,
  );
  const moments = (["create", "delete"] as const).flatMap((moment) => {
    const scripts = action[moment];
    return scripts ? [`${moment})`, ...scripts.map(readScript), ";;"] : [];
  });
  const { begin, end } = printMarks;
  const none = `'') refuse KK774 "a start-up file of the login runs a shell, which has read the script" ;;`;
  const body = [
    ...assignments,
    readScript("lib/lib"),
    begin,
    'case "${1:-}" in',
    none,
    ...moments,
    "esac",
    end,
    "exit",
  ];
  return [FIRST_LINE, "{", ...body, "} </dev/null", ""].join("\n");
}

/** Quotes a text as one word for a POSIX shell. @example "it's" → "'it'\\''s'" */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The text of a script. @param name file in scripts/, without `.sh` @example "lib/nodes" */
export function readScript(name: string): string {
  return readFileSync(join(__dirname, "scripts", `${name}.sh`), "utf8").trimEnd();
}
