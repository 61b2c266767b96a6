import * as path from "node:path";
import { cleanCache } from "./cleanCache";
import { doctor } from "./doctor/doctor";
import { makeToolchain } from "./make";

/** `main.ts COMMAND`, called by the Makefile. */
const commands: Record<string, (root: string) => Promise<void>> = {
  make: makeToolchain,
  doctor,
  "clean-cache": cleanCache,
};

async function main(name = ""): Promise<void> {
  const command = commands[name];
  if (!command) throw new Error(`"${name}" is none of ${Object.keys(commands).join(", ")}`);
  await command(path.dirname(__dirname));
}

main(process.argv[2]).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
