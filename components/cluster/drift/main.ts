import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { isMistake, reasonOf } from "../../failures";
import { actions } from "../actions";
import { readResult } from "../hostReport";
import { composeScript, hostCommand } from "../hostScript";
import {
  type Drift,
  driftInputs,
  driftReport,
  isBad,
  keyFile,
  knownHosts,
  type PreparedHost,
  preparedHosts,
  sshConfig,
  stopsOf,
} from "./plan";

/**
 * `make drift`: prints how a stack's hosts have drifted since the last `up`. Reads all hosts concurrently and changes none. Exits
 * with 1 where a host has drifted or can't be reached.
 */
async function main(stack: string): Promise<void> {
  const drifts = await look(preparedHosts(stack, await exportState(stack)));
  console.log(driftReport(stack, drifts));
  if (drifts.some(isBad)) process.exitCode = 1;
}

const run = promisify(execFile);

async function exportState(stack: string): Promise<string> {
  const pulumi = resolve(__dirname, "../../../bin/pulumi");
  const { stdout } = await run(pulumi, ["stack", "export", "--show-secrets", "--stack", stack], { maxBuffer: 2 ** 30 });
  return stdout;
}

/** Looks at all hosts. ssh reads private keys only from files: they are in a private folder, which is removed at exit. */
async function look(hosts: readonly PreparedHost[]): Promise<Drift[]> {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-kafka-drift-"));
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));

  for (const stop of stopsOf(hosts)) {
    const { privateKey } = stop.endpoint;
    if (privateKey !== undefined) write(keyFile(stop), `${privateKey.trimEnd()}\n`);
  }
  write("known_hosts", knownHosts(hosts));
  write("config", sshConfig(folder, hosts));
  return Promise.all(hosts.map((host) => lookAt(host, join(folder, "config"))));
}

async function lookAt(host: PreparedHost, config: string): Promise<Drift> {
  const command = hostCommand(host.name, actions.drift, "create", host.connection.user ?? "root");
  const ssh = run("ssh", ["-F", config, host.name, command], { timeout: 60_000 });
  ssh.child.stdin?.on("error", () => undefined); // ssh's standard error says why it didn't read the script
  ssh.child.stdin?.end(composeScript(host.name, actions.drift, driftInputs(host)));
  return ssh.then(
    ({ stdout }) => differencesIn(stdout, host),
    (error: Error & { stderr?: string }) => ({
      host,
      differences: [],
      failure: error.stderr?.trim() || reasonOf(error),
    }),
  );
}

function differencesIn(printed: string, host: PreparedHost): Drift {
  const origin = { host: host.name, step: actions.drift.name };
  try {
    return { host, differences: readResult(printed, (text) => text.split("\n").filter(Boolean), origin) };
  } catch (error) {
    if (isMistake(error)) throw error;
    return { host, differences: [], failure: reasonOf(error) };
  }
}

const [stack] = process.argv.slice(2);
main(stack!).catch((error: unknown) => {
  console.error(reasonOf(error));
  process.exitCode = 1;
});
