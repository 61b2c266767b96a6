import { isMistake } from "../failures";

/** Lines that a host script prints around its result. Output of the login's start-up files stands before or after them. */
const BEGIN = "----- kubeadm-kafka: the result begins -----";
const END = "----- kubeadm-kafka: the result ends -----";

/**
 * Commands of a host script that print these marks. The first mark begins with a newline, since a login's greeting may end without
 * one. File descriptor 3 is the script's standard output, see lib.sh.
 */
export const printMarks = {
  begin: `printf '\\n%s\\n' '${BEGIN}' >&3`,
  end: `printf '%s\\n' '${END}' >&3`,
} as const;

/** Origin of a result, for messages. */
export interface ResultOrigin {
  /** The host whose login ran the step. */
  readonly host: string;
  /** Name of the action. @example "preflight" */
  readonly step: string;
  /** Whether the result is secret, so that no message quotes it. @default false */
  readonly secret?: boolean;
  /** Command that repeats this step alone. @default none */
  readonly again?: string;
}

/**
 * Reads the result that a host script printed between its marks.
 *
 * @param parse throws where the text isn't the expected result
 * @throws Error with a sentence for the user (KK782): a mark is missing since the login didn't run the script to its end, or
 *   `parse` threw
 */
export function readResult<T>(printed: string, parse: (text: string) => T, origin: ResultOrigin): T {
  const lines = linesOf(printed);
  const end = lines.lastIndexOf(END);
  const begin = lines.slice(0, end === -1 ? undefined : end).lastIndexOf(BEGIN);
  if (begin === -1) throw unreadable("the script's result isn't there", printed, origin);
  if (end === -1) throw unreadable("the script's result breaks off", printed, origin);
  try {
    return parse(lines.slice(begin + 1, end).join("\n"));
  } catch (error) {
    if (!isNoResult(error)) throw error;
    throw unreadable("the script's result isn't what it should be", printed, origin, { cause: error });
  }
}

/**
 * Reads a result that the state has kept. Versions without marks printed the result as one line amid the login's output: the last
 * line that `parse` accepts.
 *
 * @throws Error as readResult
 */
export function readKeptResult<T>(printed: string, parse: (text: string) => T, origin: ResultOrigin): T {
  const lines = linesOf(printed);
  if (!lines.includes(BEGIN)) {
    for (const line of lines.reverse()) {
      try {
        return parse(line.trim());
      } catch (error) {
        if (!isNoResult(error)) throw error;
      }
    }
  }
  return readResult(printed, parse, origin);
}

/** Whether `parse` threw because of its text. Any other mistake is the program's own, and no login's. */
function isNoResult(error: unknown): boolean {
  return !isMistake(error) || (error as Error).name === "SyntaxError";
}

/**
 * Checks that a step without a result ran to its end.
 *
 * @param script the step's script. Scripts of earlier versions print no marks, and pass.
 * @throws Error as readResult
 */
export function checkRun(script: string, printed: string, origin: ResultOrigin): void {
  if (script.includes(BEGIN)) readResult(printed, (text) => text, origin);
}

/** A terminal ends lines with CR LF. */
function linesOf(printed: string): string[] {
  return printed.split(/\r*\n/);
}

const QUOTED_LENGTH = 200;

/** @param options with the cause, which a secret result's error hasn't: a parser's message quotes the text */
function unreadable(
  why: string,
  printed: string,
  { host, step, secret = false, again }: ResultOrigin,
  options?: ErrorOptions,
): Error {
  const end = printed.length > QUOTED_LENGTH ? `…${printed.slice(-QUOTED_LENGTH)}` : printed;
  const quoted = secret ? `${printed.length} characters, which may be secret` : JSON.stringify(end);
  return new Error(
    `${host}: ${step}: ${why}; its login printed ${quoted}. A login must run the command that it is given: ` +
      `look for \`exit\` and \`exec\` in its shell's start-up files, and for ForceCommand in sshd_config(5). ` +
      `${again ? `Then let the step run again: ${again}` : "Then try again"} [KK782]`,
    secret ? undefined : options,
  );
}
