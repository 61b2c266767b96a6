import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";

/** A lock that the kernel holds for this process and for the children that get `fd`; it ends when the last one does. */
export interface Lock {
  fd: number;
  release(): void;
}

/**
 * Takes an advisory lock on a file, waiting for others. `flock` locks the open file, which this process shares with it,
 * so the lock stays when `flock` has ended, and a killed build leaves none behind.
 *
 * @param onWait called once if somebody else holds the lock
 */
export async function takeLock(
  file: string,
  onWait: () => void,
  mode: "shared" | "exclusive" = "exclusive",
): Promise<Lock> {
  const lock = open(file);
  if (await flock(lock.fd, [`--${mode}`, "--nonblock"])) return lock;
  onWait();
  if (await flock(lock.fd, [`--${mode}`])) return lock;
  lock.release();
  throw new Error(`cannot lock ${file}`);
}

/** Takes the lock only if nobody holds it. */
export async function tryLock(file: string): Promise<Lock | undefined> {
  const lock = open(file);
  if (await flock(lock.fd, ["--exclusive", "--nonblock"])) return lock;
  lock.release();
  return undefined;
}

function open(file: string): Lock {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  const fd = fs.openSync(file, "a");
  return { fd, release: () => fs.closeSync(fd) };
}

function flock(fd: number, options: string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const child = spawn("flock", [...options, "3"], { stdio: ["ignore", "ignore", "inherit", fd] });
    child.on("error", reject);
    child.on("exit", (code) => resolve(code === 0));
  });
}
