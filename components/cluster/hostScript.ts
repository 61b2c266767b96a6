import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type HostAction, minutesOf } from "./actions";
import { printMarks } from "./hostReport";

/** What a script reads, as shell variables. They are not exported: no program that a script starts inherits them. */
export type ScriptInputs = Readonly<Record<string, string>>;

/** Without it bash would look for programs in the working directory, too. */
const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

/** A script's first line. It is missing where a start-up file of the login has read from the script. */
const FIRST_LINE = "# kubeadm-kafka: the script begins";

/**
 * What the host's bash runs: the script, if it is whole. Its last command is `exit`, so what follows here is reached only where
 * a start-up file of the login has read from the script, or runs a shell that has (KK774): `bash -s` would take an empty script
 * for a success. The code is put together on the host, since each error quotes this text. Single quotes go around the text.
 */
const RUN_WHOLE =
  `eval "$(sed -n "/^${FIRST_LINE}/,$ p")"; ` +
  `echo "$0: the script has not reached $HOSTNAME whole: no start-up file of its login may read input [KK$((774))]" >&2; ` +
  "exit 65";

/**
 * The command for the host's login shell. Everything else comes by stdin, so that neither the process list nor an error,
 * which quotes the command, shows scripts or secrets. The host itself ends a script that takes too long: Pulumi, whose own
 * time limits end the dialling only, would wait for it for good.
 *
 * The login gives the script nothing of its environment: no proxy, locale, function or start-up file (lib.sh sets what there
 * is). bash would read ~/.bashrc again for a command whose input comes from sshd, so it is told not to. sudo may bring
 * /etc/environment back by PAM, so its command begins without one, too. Any login shell understands the line, since words for
 * a shell are in quotes, for `sh`.
 *
 * @param host whose step it is, for messages
 * @param argument the script's second, after the moment; for what must not be an input, since it is different each time
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
  const name = `# ${action[moment]?.at(-1)}.sh`;
  if (user === "root") return `${run} ${name}`;
  const refusal = `"user $(id -un) needs sudo without a password: see sudoers(5), NOPASSWD [KK715]"`;
  const asRoot = `sudo -n true || { echo ${refusal} >&2; exit 1; }; exec sudo -n "$@"`;
  return `/usr/bin/env -i ${PATH} sh -c '${asRoot}' sh ${run} ${name}`;
}

/**
 * What bash reads on the host: inputs, lib.sh, and the script of the moment (its first argument). All of it is one compound
 * command, which bash reads to the end before it runs any of it: half a script, from a connection that broke, does
 * nothing. A shell that isn't ours has no moment. The result stands between marks, see hostReport.ts.
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

/** One word for a POSIX shell, whatever is in it. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The text of a script. @param name its file in scripts/, without `.sh` */
export function readScript(name: string): string {
  return readFileSync(join(__dirname, "scripts", `${name}.sh`), "utf8").trimEnd();
}
