/** What a peer has answered breaks off, or can't be read. The same question may get a whole answer. */
export class UnreadableAnswer extends Error {}

/** Names of the errors that a mistake in a program raises. Names, since Node.js' own classes differ in Jest's sandbox. */
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
 * Whether an error comes from a mistake in the program, or from a value that can't be right, such as a malformed URL: no later try
 * can succeed. Whoever wraps an error in one of another class has judged it, so only the outermost counts.
 *
 * @see https://developer.mozilla.org/docs/Web/API/Window/fetch#exceptions for the exception: `fetch` reports a failed connection
 *   as a TypeError, and has the connection's own error as its cause
 */
export function isMistake(error: unknown): boolean {
  const { name, cause } = error as Error;
  return name === "TypeError" && cause !== undefined ? isMistake(cause) : MISTAKES.includes(name);
}

/**
 * Reads JSON that a peer has sent.
 *
 * @param what it is, for the error: `the API server's answer to /readyz`
 * @throws UnreadableAnswer where it is something else
 */
export function parseAnswer<T>(what: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new UnreadableAnswer(`${what} can't be read: ${(error as Error).message}`, { cause: error });
  }
}
