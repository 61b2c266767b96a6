import * as fs from "node:fs";
import * as path from "node:path";

/** Text of build/toolchain/env, to be sourced by a shell. PATH goes in front of the user's; the rest is set as it is. */
export function environmentFile(variables: Record<string, string>): string {
  const lines = Object.entries(variables).map(([name, value]) =>
    name === "PATH" ? `export PATH=${quote(value)}:"$PATH"` : `export ${name}=${quote(value)}`,
  );
  return ["# Written by make toolchain.", ...lines, ""].join("\n");
}

export function writeEnvironment(file: string, variables: Record<string, string>): void {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(`${file}.new`, environmentFile(variables));
  fs.renameSync(`${file}.new`, file);
}

function quote(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}
