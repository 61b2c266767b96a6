const literal = (text: string): string => text.replaceAll(/[.()]/g, "\\$&");

/**
 * Reasons for which the story of upgrades expects `preview` and `up` to be refused. Unit tests hold them against the program's own
 * messages, since the story runs for hours before it meets the last of them.
 */
export const refusals = {
  /** @param path the versions on the way to one that can't be reached at once */
  skippedMinor: (path: readonly string[]) =>
    new RegExp(`${literal(path.join(" -> "))}\\. Nothing was touched\\. \\[KK901\\]`),
  downgrade: /Kubernetes can't be downgraded[^]*KK900/,
  notReady: (node: string) => new RegExp(`${node} isn't Ready[^]*KK903`),
  /** @param others versions that the mirror has */
  notMirrored: (version: string, others: string) =>
    new RegExp(`${literal(`has no packages of Kubernetes ${version}, but of ${others}`)};[^]*KK504`),
  littleRoom: /MiB free on the disk at \/[^]*, and its upgrade from [^]*KK915/,
};
