import { spawn, type ChildProcess } from "node:child_process";
import * as path from "node:path";

import { output } from "../../support/shell";

/**
 * Starts a client's program in the network of a host's container, from where it reaches pods and services as the host does;
 * without one in this machine's, which is outside of the cluster. Its program and libraries are this machine's.
 */
export async function startClient(
  container: string | undefined,
  program: string,
  ...args: readonly string[]
): Promise<ChildProcess> {
  const [command, ...rest] = await commandLine(container, program, args);
  return spawn(command, rest);
}

/** Runs a client's program to its end; returns the JSON that it prints. */
export async function askClient<T>(
  container: string | undefined,
  program: string,
  ...args: readonly string[]
): Promise<T> {
  const [command, ...rest] = await commandLine(container, program, args);
  return JSON.parse(await output(command, rest)) as T;
}

async function commandLine(
  container: string | undefined,
  program: string,
  args: readonly string[],
): Promise<[string, ...string[]]> {
  const client = ["/usr/bin/python3", path.join(__dirname, program), ...args] as const;
  if (container === undefined) return [...client];
  const pid = (await output("docker", ["inspect", "--format", "{{.State.Pid}}", container])).trim();
  return ["nsenter", "--net", "--target", pid, ...client];
}
