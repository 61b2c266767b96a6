/**
 * The path to somebody has failed: a proxy, a firewall, a missing permission, a slow API server. It says nothing about whoever is
 * at the end of the path.
 */
export class Unreachable extends Error {
  /** @param status HTTP status of the API server's answer; undefined where none came */
  constructor(
    message: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** What has failed on the path, if that is what an error comes from. */
export function unreachableIn(error: unknown): Unreachable | undefined {
  if (error instanceof Unreachable) return error;
  return error instanceof Error && error.cause instanceof Unreachable ? error.cause : undefined;
}
