import { execFileSync } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { commandPath } from "../machine/commands";
import { goVersion, usableGo } from "../machine/go";
import type { Tools } from "../machine/missing";
import type { Check } from "./check";

/** Whether `make toolchain` may install packages by itself. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && commandPath("apt-get") !== undefined;
}

/** The commands that are missing: to be installed by `make toolchain`, or by the user where it can't. */
export function missingChecks(missing: Tools, installs: boolean): Check[] {
  return Object.entries(missing).map(([command, debianPackage]) => ({
    name: command,
    found: installs ? `missing; make toolchain will install ${debianPackage}` : "missing",
    ...(!installs && { remedy: `install it, on Debian: sudo apt-get install ${debianPackage}` }),
  }));
}

export function goCheck(lacksGo: boolean, installs: boolean): Check {
  if (!lacksGo) return { name: "go", found: usableGo() ?? "not needed" };
  const found = "no Go from 1.21 on, which could fetch the version needed by itself";
  if (installs) return { name: "go", found: `${found}; make toolchain will fetch Go ${goVersion} by way of Debian's` };
  return { name: "go", found, remedy: `put Go ${goVersion} on PATH` };
}

export function dockerCheck(installs: boolean): Check {
  const server = dockerServer();
  if (server) return { name: "docker", found: `daemon ${server}` };
  if (installs) return { name: "docker", found: "no daemon answers; make toolchain will install and start one" };
  return { name: "docker", found: "no daemon answers", remedy: "install and start Docker, or join the group docker" };
}

function dockerServer(): string | undefined {
  try {
    const options = { encoding: "utf8" as const, stdio: ["ignore", "pipe", "ignore"] as ["ignore", "pipe", "ignore"] };
    return execFileSync("docker", ["version", "--format", "{{.Server.Version}}"], options).trim();
  } catch {
    return undefined;
  }
}

/** Version of a tool that is only shown. */
export function versionCheck(name: string, ...args: string[]): Check {
  if (!commandPath(name)) return { name, found: "not here, and not needed for what is to be done" };
  const output = execFileSync(name, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  return { name, found: stripVTControlCharacters(output).split("\n")[0] ?? "" };
}
