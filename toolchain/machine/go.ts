import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { commandPath } from "./commands";

/** Version of Go that set-up fetches from the module proxy where the machine has none that can do so by itself. */
export const goVersion = "1.26.8";

/** Where set-up puts it. */
export function ownGo(cache: string): string {
  return path.join(cache, "go", goVersion, "bin");
}

/** Puts it there unless it is there already. @returns the folder of its commands */
export function bringGo(root: string, cache: string): string {
  const bin = ownGo(cache);
  const script = path.join(root, "toolchain/setup/go.sh");
  if (!fs.existsSync(bin)) execFileSync("bash", [script, goVersion, path.dirname(bin)], { stdio: "inherit" });
  return bin;
}

/**
 * Version of the Go on PATH if it is of use: from 1.21 on, Go fetches the version that a go.mod asks for by itself.
 */
export function usableGo(): string | undefined {
  const go = commandPath("go");
  if (!go) return undefined;
  const version = execFileSync(go, ["env", "GOVERSION"], { cwd: "/", encoding: "utf8" }).trim();
  return isUsable(version) ? version : undefined;
}

/** @param version as Go says it, for instance `go1.26.8` */
export function isUsable(version: string): boolean {
  const minor = Number(/^go1\.(\d+)/.exec(version)?.[1]);
  return minor >= 21;
}
