import * as path from "node:path";

import { output } from "../../support/shell";
import { root } from "../../support/stack";

/**
 * The command that runs a client's program in the network of a host's container, from where it reaches pods and services as
 * the host does; without one in this machine's, which is outside of the cluster. The program and its libraries are this
 * machine's.
 */
export async function clientProgram(
  container: string | undefined,
  script: string,
  args: readonly string[],
): Promise<[string, ...string[]]> {
  const interpreter = script.endsWith(".py") ? "/usr/bin/python3" : path.join(root, "node_modules/.bin/node");
  const program = [interpreter, script, ...args] as const;
  if (container === undefined) return [...program];
  const pid = (await output("docker", ["inspect", "--format", "{{.State.Pid}}", container])).trim();
  return ["nsenter", "--net", "--target", pid, ...program];
}
