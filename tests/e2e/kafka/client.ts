import { spawn, type ChildProcess } from "node:child_process";
import * as path from "node:path";

import { output } from "../../support/shell";

/**
 * Starts a client's program in a host's network, from where it reaches pods and services as the host does. Its program
 * and libraries are this machine's.
 */
export async function startInNetworkOf(
  container: string,
  program: string,
  ...args: readonly string[]
): Promise<ChildProcess> {
  return spawn("nsenter", [
    ...(await networkOf(container)),
    "/usr/bin/python3",
    path.join(__dirname, program),
    ...args,
  ]);
}

/** Runs a client's program in a host's network to its end; returns the JSON that it prints. */
export async function askInNetworkOf<T>(container: string, program: string, ...args: readonly string[]): Promise<T> {
  const script = path.join(__dirname, program);
  return JSON.parse(
    await output("nsenter", [...(await networkOf(container)), "/usr/bin/python3", script, ...args]),
  ) as T;
}

async function networkOf(container: string): Promise<string[]> {
  const pid = (await output("docker", ["inspect", "--format", "{{.State.Pid}}", container])).trim();
  return ["--net", "--target", pid];
}
