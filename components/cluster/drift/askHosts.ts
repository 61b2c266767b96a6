import { execFile } from "node:child_process";
import { promisify } from "node:util";

import { isMistake, reasonOf } from "../../failures";
import type { HostAction } from "../actions";
import { readResult } from "../hostReport";
import { composeScript, hostCommand, type ScriptInputs } from "../hostScript";
import { exportState, privateFolder, writeSshConfig } from "./login";
import { type PreparedHost, preparedHosts } from "./plan";

/** What a host answered, or why it didn't. */
export type Answer<T> = { readonly host: PreparedHost } & ({ readonly result: T } | { readonly failure: string });

/**
 * Runs an action that changes nothing on all hosts of a stack at once, with the logins that the stack's state has. ssh reads private
 * keys only from files: they are in a private folder, which is removed at exit.
 *
 * @param parse throws where the text isn't the expected result
 */
export async function askHosts<T>(
  stack: string,
  action: HostAction,
  inputs: (host: PreparedHost) => ScriptInputs,
  parse: (text: string) => T,
): Promise<Answer<T>[]> {
  const hosts = preparedHosts(stack, await exportState(stack));
  const config = writeSshConfig(privateFolder(), hosts);
  return Promise.all(
    hosts.map(async (host) => {
      try {
        const printed = await runOn(host, action, inputs(host), config);
        return { host, result: readResult(printed, parse, { host: host.name, step: action.name }) };
      } catch (error) {
        if (isMistake(error)) throw error;
        return { host, failure: (error as { stderr?: string }).stderr?.trim() || reasonOf(error) };
      }
    }),
  );
}

const run = promisify(execFile);

async function runOn(host: PreparedHost, action: HostAction, inputs: ScriptInputs, config: string): Promise<string> {
  const command = hostCommand(host.name, action, "create", host.connection.user ?? "root");
  const ssh = run("ssh", ["-F", config, host.name, command], { timeout: 60_000 });
  ssh.child.stdin?.on("error", () => undefined); // ssh's standard error says why it didn't read the script
  ssh.child.stdin?.end(composeScript(host.name, action, inputs));
  return (await ssh).stdout;
}
