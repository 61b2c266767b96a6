import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Gives bash scripts a clock that only `sleep` advances, without waiting. A script's time limits then depend on how often it has
 * looked, not on how busy the machine is. Each process has a clock of its own, and `command sleep` and `exec sleep` still wait.
 *
 * @param folder gets the file that each bash reads first
 * @param meanwhile what happens during each sleep, in bash
 * @returns the environment for the script
 */
export function scriptClock(folder: string, meanwhile = ":"): { BASH_ENV: string } {
  const file = path.join(folder, "clock.sh");
  fs.writeFileSync(
    file,
    `unset SECONDS
SECONDS=0 TENTHS_SLEPT=0
sleep() {
  [[ $1 == *.? ]] || set -- "$1.0"
  TENTHS_SLEPT=$((TENTHS_SLEPT + 10#\${1/.}))
  SECONDS=$((TENTHS_SLEPT / 10))
  ${meanwhile}
}
`,
  );
  return { BASH_ENV: file };
}
