import { spawn, type ChildProcess } from "node:child_process";
import * as path from "node:path";

import { output } from "../../support/shell";
import { clientProgram } from "../support/clientProgram";

/** The network in which clients run, and their bootstrap servers there. */
export interface ClientSide {
  /** Container of the host whose network they use. @default none: they run outside of the cluster */
  readonly container?: string;
  readonly bootstrapServers: string;
}

/** Starts one of this folder's programs, see `clientProgram`. */
export async function startProgram(
  container: string | undefined,
  program: string,
  ...args: readonly string[]
): Promise<ChildProcess> {
  const [command, ...rest] = await clientProgram(container, path.join(__dirname, program), args);
  return spawn(command, rest);
}

/** Runs one of this folder's programs to its end. @returns the JSON that it prints */
export async function askProgram<T>(
  container: string | undefined,
  program: string,
  ...args: readonly string[]
): Promise<T> {
  const [command, ...rest] = await clientProgram(container, path.join(__dirname, program), args);
  return JSON.parse(await output(command, rest)) as T;
}
