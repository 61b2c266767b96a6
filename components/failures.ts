/** A peer's answer is cut off or can't be read. A retry may get a whole one. */
export class UnreadableAnswer extends Error {}

/** An error that no retry can heal. */
export class Fatal extends Error {}

/** Errors that a mistake in a program raises, by name: in Jest's sandbox, Node.js' own classes are others. */
const MISTAKES: readonly string[] = [
  "AssertionError",
  "EvalError",
  "RangeError",
  "ReferenceError",
  "SyntaxError",
  "TypeError",
  "URIError",
];

/**
 * Whether an error comes from a mistake in the program, or from an invalid value such as a malformed URL, so that no retry can
 * succeed. Only the outermost error counts: code that wraps an error in another class has judged it.
 *
 * @see https://developer.mozilla.org/docs/Web/API/Window/fetch#exceptions for the exception to that: `fetch` reports a failed
 *   connection as a TypeError whose cause is the connection's error
 */
export function isMistake(error: unknown): boolean {
  const { name, cause } = error as Error;
  return name === "TypeError" && cause !== undefined ? isMistake(cause) : MISTAKES.includes(name);
}

/** Whether a retry may succeed after an error. It can't after a Fatal or a mistake in the program, such as a TypeError. */
export function mayHeal(error: unknown): boolean {
  return !(error instanceof Fatal || isMistake(error));
}

/**
 * Why something failed, for people to read. If a name has several addresses and none answers, Node.js' error has no message,
 * but one error for each address.
 *
 * @see https://nodejs.org/api/net.html#socketconnectoptions-connectlistener for `autoSelectFamily`
 */
export function reasonOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  const { name, message, errors } = error as Partial<AggregateError>;
  const reasons = Array.isArray(errors) ? [...new Set(errors.map(reasonOf))].join("; ") : "";
  return [message, reasons].filter(Boolean).join(": ") || String(name);
}

/**
 * Parses JSON that a peer has sent.
 *
 * @param what the text is, for the error
 * @example parseAnswer("the API server's answer to /version", '{"major":"1"}')
 * @throws UnreadableAnswer where the text isn't JSON
 */
export function parseAnswer<T>(what: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new UnreadableAnswer(`${what} can't be read: ${reasonOf(error)}`, { cause: error });
  }
}
