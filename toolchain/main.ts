import * as path from "node:path";
import { cleanCache } from "./cleanCache";
import { doctor } from "./doctor/doctor";
import { makeToolchain } from "./make";
import type { MirrorContent } from "./recipes/mirror";
import { askedContent } from "./source/kubernetesVersions";

/** `main.ts COMMAND KUBERNETES_VERSION… conformance`, called by the Makefile. */
const commands: Record<string, (root: string, asked: MirrorContent) => Promise<void>> = {
  make: makeToolchain,
  doctor,
  "clean-cache": cleanCache,
};

async function main(name = "", ...words: string[]): Promise<void> {
  const command = commands[name];
  if (!command) throw new Error(`"${name}" is none of ${Object.keys(commands).join(", ")}`);
  await command(path.dirname(__dirname), askedContent(words));
}

main(...process.argv.slice(2)).catch((error: Error) => {
  console.error(error.message);
  process.exitCode = 1;
});
