import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { text } from "node:stream/consumers";

import { urnsOfOtherStacks, readInterruption } from "./plan";

/**
 * Changes the state so that the next `up` repeats what a killed one had begun, and commands that failed (see plan.ts). bin/pulumi
 * calls this before an `up` or a preview, with the exported state on standard input.
 *
 * @param command `up` or `preview`, which changes nothing
 * @param notes file with the URNs of commands that failed, one a line
 * @param stack options that choose the stack: `--stack dev`
 */
async function main(command: string, notes: string, stack: readonly string[]): Promise<void> {
  const exported = await text(process.stdin);
  const noted = existsSync(notes) ? readFileSync(notes, "utf8").split("\n").filter(Boolean) : [];
  const { changes, failures, state, toRefresh } = readInterruption(exported, noted);
  const list = changes.map((change) => `\n  ${change}`).join("");
  const failed = failures.map((failure) => `\n  ${failure}`).join("");
  if (command === "preview") {
    if (list)
      say(
        `An \`up\` was killed while it was${list}\nThis preview doesn't show that the next \`up\` does it again. [KK865]`,
      );
    if (failed)
      say(
        `An earlier \`up\` failed in${failed}\nThis preview doesn't show that the next \`up\` runs it again, whatever the config is. [KK880]`,
      );
    return;
  }
  if (list || failed) {
    const imported = pulumi(["stack", "import", ...stack], state);
    if (imported.status !== 0) {
      process.stderr.write(imported.stderr);
      process.exit(imported.status ?? 1);
    }
    if (list)
      say(
        `An earlier \`up\` was killed while it was${list}\n\`up\` applies all of this again, as the config is now. [KK866]`,
      );
    if (failed)
      say(`An earlier \`up\` failed in${failed}\n\`up\` runs all of this again, as the config is now. [KK880]`);
  }
  // Only now: where the import fails, the next run needs the notes.
  if (noted.length)
    writeFileSync(
      notes,
      urnsOfOtherStacks(noted, exported)
        .map((urn) => `${urn}\n`)
        .join(""),
    );
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

/** Runs Pulumi without printing its output: standard output belongs to the user's command, and a program may read it. */
function pulumi(args: readonly string[], input = ""): { status: number | null; stdout: string; stderr: string } {
  const options = { input, encoding: "utf8", maxBuffer: 2 ** 30 } as const;
  const { error, ...outcome } = spawnSync("pulumi", [...args, "--non-interactive"], options);
  if (error) throw error;
  return outcome;
}

const [command, notes, ...stack] = process.argv.slice(2);
void main(command!, notes!, stack);
