import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";

import { keyFile, knownHosts, type PreparedHost, sshConfig, stopsOf } from "./plan";

/** A stack's state, with its secrets in clear. */
export async function exportState(stack: string): Promise<string> {
  const pulumi = resolve(__dirname, "../../../bin/pulumi");
  const words = ["stack", "export", "--show-secrets", "--stack", stack];
  const { stdout } = await promisify(execFile)(pulumi, words, { maxBuffer: 2 ** 30 });
  return stdout;
}

/** A private folder that is removed at exit. */
export function privateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "kubeadm-kafka-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => process.exit(1));
  return folder;
}

/**
 * Writes into a private folder what ssh needs to log in to hosts: it reads private keys only from files.
 *
 * @returns the path of an ssh_config(5), which has the hosts by their names
 */
export function writeSshConfig(folder: string, hosts: readonly PreparedHost[]): string {
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text, { mode: 0o600 });
  for (const stop of stopsOf(hosts)) {
    const { privateKey } = stop.endpoint;
    if (privateKey !== undefined) write(keyFile(stop), `${privateKey.trimEnd()}\n`);
  }
  write("known_hosts", knownHosts(hosts));
  write("config", sshConfig(folder, hosts));
  return join(folder, "config");
}
