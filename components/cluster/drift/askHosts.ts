import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { isMistake, reasonOf } from "../../failures";
import type { HostAction } from "../actions";
import { readResult } from "../hostReport";
import { composeScript, hostCommand, type ScriptInputs } from "../hostScript";
import { keyFile, knownHosts, type PreparedHost, preparedHosts, sshConfig, stopsOf } from "./plan";

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
  const config = writeSshFiles(hosts);
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

async function exportState(stack: string): Promise<string> {
  const pulumi = resolve(__dirname, "../../../bin/pulumi");
  const { stdout } = await run(pulumi, ["stack", "export", "--show-secrets", "--stack", stack], { maxBuffer: 2 ** 30 });
  return stdout;
}

/** @returns the file of ssh's configuration */
function writeSshFiles(hosts: readonly PreparedHost[]): string {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-kafka-hosts-"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

  for (const stop of stopsOf(hosts)) {
    const { privateKey } = stop.endpoint;
    if (privateKey !== undefined) write(keyFile(stop), `${privateKey.trimEnd()}\n`);
  }
  write("known_hosts", knownHosts(hosts));
  write("config", sshConfig(folder, hosts));
  return join(folder, "config");
}

async function runOn(host: PreparedHost, action: HostAction, inputs: ScriptInputs, config: string): Promise<string> {
  const command = hostCommand(host.name, action, "create", host.connection.user ?? "root");
  const ssh = run("ssh", ["-F", config, host.name, command], { timeout: 60_000 });
  ssh.child.stdin?.on("error", () => undefined); // ssh's standard error says why it didn't read the script
  ssh.child.stdin?.end(composeScript(host.name, action, inputs));
  return (await ssh).stdout;
}
