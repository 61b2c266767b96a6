import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";

import { readInterruption, stackIn, stackOf } from "./plan";

/**
 * Changes the state so that the next `up` repeats what a killed one had begun, and commands that failed (see plan.ts). bin/pulumi
 * calls this before an `up` or a preview, with the exported state on standard input.
 *
 * @param command `up` or `preview`, which changes nothing
 * @param folder has a file for each `up` in which commands failed: their URNs, one a line
 * @param stack options that choose the stack: `--stack dev`
 */
async function main(command: string, folder: string, stack: readonly string[]): Promise<void> {
  const exported = await text(process.stdin);
  const notes = notesOf(exported, stack, folder);
  const interruption = readInterruption(
    exported,
    notes.flatMap(({ urns }) => urns),
  );
  const { changes, failures, state, toRefresh } = interruption;
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
  if (list || failed || interruption.forgetsCreations) {
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
  for (const { file } of notes) rmSync(file);
  if (toRefresh.length === 0) return;
  const targets = toRefresh.flatMap((urn) => ["--target", urn]);
  const refreshed = pulumi(["refresh", "--yes", "--skip-preview", ...stack, ...targets]);
  if (refreshed.status === 0) return;
  const urns = toRefresh.map((urn) => `\n  ${urn}`).join("");
  say(
    `${refreshed.stdout}${refreshed.stderr}\nWhether these are still there could not be read:${urns}\nThe update goes on without. [KK867]`,
  );
}

interface Note {
  file: string;
  /** All of one stack. */
  urns: string[];
}

/** Empty files are left alone: the `up` that writes such a file still runs. */
function notesIn(folder: string): Note[] {
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  const notes = files.map((file) => ({ file, urns: readFileSync(file, "utf8").split("\n").filter(Boolean) }));
  return notes.filter(({ urns }) => urns.length > 0);
}

/** The notes of the state's stack. A state without resources doesn't say which stack it is of. */
function notesOf(exported: string, stack: readonly string[], folder: string): Note[] {
  const notes = notesIn(folder);
  if (notes.length === 0) return [];
  const name = stackOf(exported) ?? pulumi(["stack", "--show-name", ...stack]).stdout.trim();
  return notes.filter(({ urns }) => stackIn(urns[0]!) === name);
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

const [command, folder, ...stack] = process.argv.slice(2);
void main(command!, folder!, stack);
