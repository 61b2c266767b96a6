/**
 * The commands that `make restore` prints for after it, in a form that needs nobody to confirm.
 *
 * @throws Error if it prints none, since nothing would then be restored
 */
export function commandsIn(printed: string): string[] {
  const [, after] = printed.split("To restore the cluster from it:\n");
  const commands = (after ?? "").split("\n").filter((line) => line.startsWith("  "));
  if (commands.length === 0) throw new Error(`no commands in:\n${printed}`);
  return commands.map((line) => unattended(line.trim()));
}

function unattended(command: string): string {
  return /^(\w+=\S+ )?bin\/pulumi up /.test(command) ? `${command} --yes --skip-preview --non-interactive` : command;
}
