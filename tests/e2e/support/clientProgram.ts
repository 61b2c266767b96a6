import * as path from "node:path";

import { output } from "../../support/shell";
import { root } from "../../support/stack";

/**
 * The command that runs a client's program with this machine's files. In the network of a host's container it reaches pods and services
 * as the host does; without a container it runs in this machine's network, outside of the cluster.
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
