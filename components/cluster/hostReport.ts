/** The lines that a host script prints around its result. Whatever else a login prints stands before or after them. */
const BEGIN = "----- kubeadm-kafka: the result begins -----";
const END = "----- kubeadm-kafka: the result ends -----";

/**
 * Commands for a host script, run before and after what prints its result. Before the first mark there is a line's end, since
 * a greeting may lack it. File descriptor 3 is the script's standard output, see lib.sh.
 */
export const printMarks = {
  begin: `printf '\\n%s\\n' '${BEGIN}' >&3`,
  end: `printf '%s\\n' '${END}' >&3`,
} as const;

/** Where a result comes from, as messages name it. */
export interface ResultOrigin {
  readonly host: string;
  /** The action: "preflight". */
  readonly step: string;
  /** Whether the result is a secret, which no message may quote. @default false */
  readonly secret?: boolean;
  /** The command that has this step alone run again. @default none */
  readonly again?: string;
}

/**
 * What a host script printed between its marks.
 *
 * @param parse throws where the text isn't what it expects
 * @throws Error with a sentence for the user (KK782): the login swallowed the script or broke off, or `parse` threw
 */
export function readResult<T>(printed: string, parse: (text: string) => T, origin: ResultOrigin): T {
  const lines = linesOf(printed);
  const end = lines.lastIndexOf(END);
  const begin = lines.slice(0, end === -1 ? undefined : end).lastIndexOf(BEGIN);
  if (begin === -1) throw unreadable("the script's result isn't there", printed, origin);
  if (end === -1) throw unreadable("the script's result breaks off", printed, origin);
  try {
    return parse(lines.slice(begin + 1, end).join("\n"));
  } catch {
    throw unreadable("the script's result isn't what it should be", printed, origin);
  }
}

/**
 * The same of a result that a state has kept. Versions without marks printed it as one line, among whatever the login printed:
 * it is the last line that `parse` takes.
 */
export function readKeptResult<T>(printed: string, parse: (text: string) => T, origin: ResultOrigin): T {
  const lines = linesOf(printed);
  if (!lines.includes(BEGIN)) {
    for (const line of lines.reverse()) {
      try {
        return parse(line.trim());
      } catch {
        continue;
      }
    }
  }
  return readResult(printed, parse, origin);
}

/**
 * Checks that a step without a result was run to its end.
 *
 * @param script what the step ran. An earlier version's prints no marks.
 * @throws Error with a sentence for the user (KK782), as readResult
 */
export function checkRun(script: string, printed: string, origin: ResultOrigin): void {
  if (script.includes(BEGIN)) readResult(printed, (text) => text, origin);
}

/** A terminal ends lines with CR LF. */
function linesOf(printed: string): string[] {
  return printed.split(/\r*\n/);
}

const QUOTED_LENGTH = 200;

function unreadable(why: string, printed: string, { host, step, secret = false, again }: ResultOrigin): Error {
  const end = printed.length > QUOTED_LENGTH ? `…${printed.slice(-QUOTED_LENGTH)}` : printed;
  const quoted = secret ? `${printed.length} characters, which may be secret` : JSON.stringify(end);
  return new Error(
    `${host}: ${step}: ${why}; its login printed ${quoted}. A login must run the command that it is given: ` +
      `look for \`exit\` and \`exec\` in its shell's start-up files, and for ForceCommand in sshd_config(5). ` +
      `${again ? `Then let the step run again: ${again}` : "Then try again"} [KK782]`,
  );
}
