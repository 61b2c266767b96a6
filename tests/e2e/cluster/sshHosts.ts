import { type ChildProcess, spawn } from "node:child_process";
import * as path from "node:path";
import { createInterface } from "node:readline";

import { ownGo, usableGo } from "../../../toolchain/machine/go";
import { cacheFolder } from "../../../toolchain/prepare";
import { output } from "../../support/shell";
import { root, workFolder } from "../../support/stack";

/** A stand-in's fault, see tests/ssh-hosts. */
export interface Fault {
  fault: "refused" | "silent" | "slow" | "dropped" | "apt locked" | "late";
  /** Name of the script during which the connection breaks. */
  in?: string;
}

export interface SshHost {
  name: string;
  address: string;
  port: number;
}

/** Settings of all stand-ins. */
export interface SshHostSettings {
  /** Private key. */
  hostKey: string;
  authorizedKey: string;
  /** Duration of each script, by its name. */
  milliseconds: Record<string, number>;
  /** Factor by which scripts take longer on a slow host. */
  slower: number;
}

/** Stand-ins for many hosts: real SSH servers that answer the host scripts after a fixed time, without running them. */
export class SshHosts {
  /** Scripts that were started, as `HOST SCRIPT`. */
  readonly started: string[] = [];

  private constructor(private readonly program: ChildProcess) {}

  static async build(): Promise<void> {
    const folder = path.join(root, "tests/ssh-hosts");
    const go = usableGo() ? "go" : path.join(ownGo(cacheFolder()), "go");
    await output(go, ["-C", folder, "build", "-o", program, "."], { env: { GOTOOLCHAIN: "auto" } });
  }

  static async start(
    settings: SshHostSettings,
    hosts: readonly SshHost[],
    faults: ReadonlyMap<string, Fault>,
  ): Promise<SshHosts> {
    const servers = new SshHosts(spawn(program, { stdio: ["pipe", "pipe", "inherit"] }));
    const each = hosts.map(({ name, address, port }) => ({ name, address: `${address}:${port}`, ...faults.get(name) }));
    servers.program.stdin!.write(JSON.stringify({ ...settings, hosts: each }));
    await new Promise<void>((resolve, reject) => {
      servers.program.on("close", (code) => reject(new Error(`the SSH servers ended with ${code}`)));
      createInterface(servers.program.stdout!).on("line", (line) => {
        if (line.startsWith("ready")) resolve();
        else servers.started.push(line);
      });
    });
    return servers;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.program.on("close", resolve));
    this.program.stdin!.end();
    await closed;
  }
}

const program = path.join(workFolder, "ssh-hosts");
