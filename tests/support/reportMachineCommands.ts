import * as fs from "node:fs";
import * as path from "node:path";

/** Fails a run whose tests have called refused commands: a script may have ignored the error. */
export default function reportMachineCommands(): void {
  const folder = process.env["REFUSED_COMMANDS"]!;
  const file = path.join(folder, "called.txt");
  const called = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
  fs.rmSync(folder, { recursive: true });
  if (called) throw new Error(`Unit tests ran commands of this machine; give these a stand-in:\n${called}`);
}
