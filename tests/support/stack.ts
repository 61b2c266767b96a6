import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout } from "node:timers/promises";

import * as yaml from "js-yaml";

import type { BackupReport } from "../../components/cluster/backups/report";
import type { CertificateReport } from "../../components/cluster/certificates/report";
import type { VerificationReport } from "../../components/verification/report";
import { output, run, type Outcome } from "./shell";

export const root = path.resolve(__dirname, "../..");
/** Folder for the state of tests' stacks, and for temporary files. */
export const workFolder = path.join(root, "build/e2e");

/** URL of the stacks' state, as bin/pulumi writes it. */
const state = path.join(workFolder, "state");

/** Number of resources per operation of an update, without `same`. */
export type Changes = Record<string, number>;

export interface Update {
  changes: Changes;
  seconds: number;
}

/** The outputs of index.ts that tests use. */
export interface Outputs {
  kubeconfig: string;
  certificates: CertificateReport;
  backups: BackupReport;
  bootstrapServers: string;
  bootstrapServersOnNodes: string;
  kafka: { bootstrapServersOutside?: string };
  verification: VerificationReport;
}

export interface StateResource {
  urn: string;
  type: string;
  /** Whether a plugin made the resource; otherwise it only groups others. */
  custom?: boolean;
  inputs?: Record<string, unknown>;
}

/** A stack of the project with a state of its own, driven by the commands that people type. */
export class Stack {
  private readonly env: NodeJS.ProcessEnv;

  constructor(
    readonly name: string,
    /** Name and folder of the project. @default this repository's */
    private readonly project = { name: "kubeadm-kafka", folder: root },
  ) {
    fs.mkdirSync(state, { recursive: true });
    this.env = { PULUMI_BACKEND_URL: `file://${state}?metadata=skip`, PULUMI_CONFIG_PASSPHRASE: `for ${name} only` };
  }

  /** Removes what an interrupted run has left of the stack: its state, and its containers, whichever checkout made them. */
  async clear(): Promise<void> {
    await this.try("cancel", "--stack", this.name, "--yes"); // a killed run leaves its lock
    await this.try("stack", "rm", "--stack", this.name, "--force", "--yes");
    const left = await output("docker", ["ps", "--all", "--quiet", "--filter", `name=^${this.name}-`]);
    for (const container of left.split("\n").filter(Boolean)) await output("docker", ["rm", "-fv", container]);
  }

  /** Makes the stack with this config, in the form of a Pulumi.STACK.yaml. */
  async create(config: Record<string, unknown>): Promise<void> {
    const keys = Object.entries(config).map(([key, value]) => [`${this.project.name}:${key}`, value]);
    fs.writeFileSync(this.configFile, yaml.dump({ config: Object.fromEntries(keys) }));
    await this.pulumi("stack", "select", "--create", this.name);
  }

  async up(...args: string[]): Promise<Update> {
    return this.update("up", "--skip-preview", ...args);
  }

  async destroy(...args: string[]): Promise<Update> {
    return this.update("destroy", "--skip-preview", ...args);
  }

  /** Tries to destroy the stack, at the end of a test that may have failed anywhere. Ignores errors. */
  async end(): Promise<void> {
    await this.try("destroy", "--yes", "--skip-preview", "--stack", this.name);
  }

  /** The steps that a preview plans, as the engine reports them. */
  async preview(): Promise<{ steps: { op: string; urn: string }[] }> {
    return JSON.parse(await this.pulumi("preview", "--stack", this.name, "--json")) as {
      steps: { op: string; urn: string }[];
    };
  }

  async setConfig(key: string, value: string): Promise<void> {
    await this.pulumi("config", "set", "--stack", this.name, "--path", key, value);
  }

  async removeConfig(key: string): Promise<void> {
    await this.pulumi("config", "rm", "--stack", this.name, "--path", key);
  }

  /** Passes the value by standard input, since everyone can read arguments. */
  async setSecret(key: string, value: string): Promise<void> {
    await this.pulumiReading(value, "config", "set", "--stack", this.name, "--secret", key);
  }

  config(key: string): Promise<string> {
    return this.pulumi("config", "get", "--stack", this.name, "--path", key);
  }

  async outputs(): Promise<Outputs> {
    return JSON.parse(
      await this.pulumi("stack", "output", "--stack", this.name, "--json", "--show-secrets"),
    ) as Outputs;
  }

  /** Runs pulumi. @returns its exit code and output, even if it fails */
  try(...args: string[]): Promise<Outcome> {
    return run(path.join(root, "bin/pulumi"), this.options(args), { env: this.env });
  }

  /**
   * Starts `up` and kills it after a time.
   *
   * @returns whether it was still running
   * @throws Error if it had failed by itself
   */
  killUp(afterSeconds: number): Promise<boolean> {
    return this.killUpOn(setTimeout(afterSeconds * 1000, undefined, { ref: false }));
  }

  /**
   * Starts `up` and kills it as soon as the first of these resources is in the state.
   *
   * @returns those of them that are in the state then; several if they came together, none if `up` ended by itself
   */
  async killUpAfterOneOf(urns: readonly string[], ...options: string[]): Promise<string[]> {
    let watcher: fs.FSWatcher | undefined;
    const created = new Promise<void>((resolve) => {
      const { dir, base } = path.parse(this.stateFile);
      watcher = fs.watch(dir, (_, file) => {
        if (file === base && this.createdOf(urns).length) resolve();
      });
    });
    const killed = await this.killUpOn(created, ...options).finally(() => watcher?.close());
    return killed ? this.createdOf(urns) : [];
  }

  /** Starts `up` and kills it at that moment. */
  async killUpAt(moment: Promise<unknown>): Promise<void> {
    if (!(await this.killUpOn(moment)))
      throw new Error(`up of ${this.name} ended before it was killed, see ${this.log}`);
  }

  /**
   * Sends SIGKILL to `up` and everything that it started, plugins included, as if the machine had lost its power. Scripts on hosts
   * continue.
   */
  private async killUpOn(moment: Promise<unknown>, ...options: string[]): Promise<boolean> {
    const up = ["up", "--stack", this.name, "--yes", "--skip-preview", "--non-interactive", ...options];
    const log = fs.openSync(this.log, "a");
    const child = spawn(path.join(root, "bin/pulumi"), up, {
      env: { ...process.env, ...this.env },
      detached: true, // a session of its own: plugins leave the process group, but not the session
      stdio: ["ignore", log, log],
    });
    fs.closeSync(log);
    const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
    await Promise.race([ended, moment]);
    const running = child.kill("SIGKILL"); // `up` itself first and at once, since it makes ten objects a second
    await run("pkill", ["--signal", "KILL", "--session", String(child.pid)]);
    const code = await ended;
    if (!running && code !== 0) throw new Error(`up of ${this.name} failed before it was killed, see ${this.log}`);
    return running;
  }

  /** The given resources that are in the state on disk. A resource that is still being created isn't. */
  private createdOf(urns: readonly string[]): string[] {
    const { checkpoint } = JSON.parse(fs.readFileSync(this.stateFile, "utf8")) as {
      checkpoint: { latest?: { resources?: StateResource[] } };
    };
    const there = new Set(checkpoint.latest?.resources?.map(({ urn }) => urn));
    return urns.filter((urn) => there.has(urn));
  }

  /** The output of `make drift`, and the command that repairs the drift. */
  async drift(): Promise<{ code: number; report: string; repair: string | undefined }> {
    const args = ["--silent", "-C", root, "drift", `stack=${this.name}`];
    const { code, stdout } = await run("make", args, { env: this.env });
    return { code, report: stdout, repair: /^ *(bin\/pulumi up .*)$/m.exec(stdout)?.[1] };
  }

  /** The output of `make health`. */
  async health(): Promise<{ code: number; report: string }> {
    const { code, stdout } = await run("make", ["--silent", "-C", root, "health", `stack=${this.name}`], {
      env: this.env,
    });
    return { code, report: stdout };
  }

  /** Runs a command as a user would type it, in the project's folder. */
  async typed(command: string): Promise<string> {
    return output("bash", ["-c", `cd '${root}' && ${command}`], { env: this.env });
  }

  /** Removes the lock of a killed `up`, as a user does. */
  async cancel(): Promise<void> {
    await this.pulumi("cancel", "--stack", this.name, "--yes");
  }

  /** The stack's state with encrypted secrets. */
  encryptedState(): Promise<string> {
    return this.pulumi("stack", "export", "--stack", this.name);
  }

  /** The stack's state with secrets in clear. */
  async exported(): Promise<{ deployment: { resources: StateResource[] } }> {
    return JSON.parse(await this.pulumi("stack", "export", "--stack", this.name, "--show-secrets")) as {
      deployment: { resources: StateResource[] };
    };
  }

  remove(): void {
    fs.rmSync(this.configFile, { force: true });
  }

  private get configFile(): string {
    return path.join(this.project.folder, `Pulumi.${this.name}.yaml`);
  }

  /** The output of all updates. */
  private get log(): string {
    return path.join(workFolder, `${this.name}.log`);
  }

  private get stateFile(): string {
    return path.join(state, ".pulumi/stacks", this.project.name, `${this.name}.json`);
  }

  private async update(operation: string, ...args: string[]): Promise<Update> {
    const start = Date.now();
    const text = await this.pulumi(operation, "--stack", this.name, "--yes", ...args);
    fs.appendFileSync(this.log, text);
    return { changes: parseChanges(text), seconds: (Date.now() - start) / 1000 };
  }

  private pulumi(...args: string[]): Promise<string> {
    return this.pulumiReading("", ...args);
  }

  private pulumiReading(stdin: string, ...args: string[]): Promise<string> {
    return output(path.join(root, "bin/pulumi"), this.options(args), { env: this.env, stdin });
  }

  private options(args: string[]): string[] {
    return ["--cwd", this.project.folder, ...args, "--non-interactive"];
  }
}

/** Reads the `Resources:` summary at the end of an update: `    + 94 created`, `    +-2 replaced` → `{ created: 94, replaced: 2 }`. */
function parseChanges(text: string): Changes {
  const at = text.lastIndexOf("Resources:");
  if (at < 0) throw new Error(`no summary in:\n${text}`);
  const counts = [...text.slice(at).matchAll(/^ +(?:[^\s\d]+ ?)?(\d+) ([a-z]+)$/gm)];
  const done = counts.map(([, count, operation]) => [operation!, Number(count)] as const);
  return Object.fromEntries(done.filter(([operation]) => operation !== "unchanged"));
}
