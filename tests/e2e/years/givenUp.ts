/**
 * The commands with which a user lets `up` move a broker's data off a host, from the refusal to remove that host
 * (KK806).
 *
 * @returns arguments of kubectl
 * @throws Error if the refusal has none
 */
export function commandsToGiveUp(refusal: string): string[][] {
  const commands = /so that up moves them: (kubectl .*?)\. The host was not touched\. \[KK806\]/.exec(refusal)?.[1];
  if (commands === undefined) throw new Error(`no commands to give volumes up in:\n${refusal}`);
  return commands.split("; ").map((command) => command.split(" ").slice(1));
}
