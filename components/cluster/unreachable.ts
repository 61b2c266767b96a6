/**
 * The path to a peer has failed: a proxy, a firewall, a missing permission, a slow API server. The error says nothing about the
 * peer itself.
 */
export class Unreachable extends Error {
  /** @param status HTTP status of the API server's answer @default none came */
  constructor(
    message: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The Unreachable that an error is, or has as its cause; undefined where the path didn't fail. */
export function unreachableIn(error: unknown): Unreachable | undefined {
  if (error instanceof Unreachable) return error;
  return error instanceof Error && error.cause instanceof Unreachable ? error.cause : undefined;
}
