import { spawnSync } from "node:child_process";
import { text } from "node:stream/consumers";

import { readInterruption } from "./plan";

/**
 * Lets the next `up` do again what a killed one had begun (see plan.ts). bin/pulumi calls it before the command.
 *
 * Standard input is the exported state, the first argument the command, the others say of which stack: `--stack dev`.
 */
async function main(command: string, stack: readonly string[]): Promise<void> {
  const { changes, state, toRefresh } = readInterruption(await text(process.stdin));
  const list = changes.map((change) => `\n  ${change}`).join("");
  if (command === "preview") {
    if (list)
      say(
        `An \`up\` was killed while it was${list}\nThis preview doesn't show that the next \`up\` does it again. [KK865]`,
      );
    return;
  }
  if (list) {
    const imported = pulumi(["stack", "import", ...stack], state);
    if (imported.status !== 0) {
      process.stderr.write(imported.stderr);
      process.exit(imported.status ?? 1);
    }
    say(
      `An earlier \`up\` was killed while it was${list}\n\`up\` applies all of this again, as the config is now. [KK866]`,
    );
  }
  if (toRefresh.length === 0) return;
  const targets = toRefresh.flatMap((urn) => ["--target", urn]);
  const refreshed = pulumi(["refresh", "--yes", "--skip-preview", ...stack, ...targets]);
  if (refreshed.status === 0) return;
  const urns = toRefresh.map((urn) => `\n  ${urn}`).join("");
  say(
    `${refreshed.stdout}${refreshed.stderr}\nWhether these are still there could not be read:${urns}\nThe update goes on without. [KK867]`,
  );
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

/** Prints nothing: the standard output is that of the command, which a program may read. */
function pulumi(args: readonly string[], input = ""): { status: number | null; stdout: string; stderr: string } {
  const options = { input, encoding: "utf8", maxBuffer: 2 ** 30 } as const;
  const { error, ...outcome } = spawnSync("pulumi", [...args, "--non-interactive"], options);
  if (error) throw error;
  return outcome;
}

const [command, ...stack] = process.argv.slice(2);
void main(command!, stack);
