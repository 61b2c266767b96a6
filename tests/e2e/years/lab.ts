import * as fs from "node:fs";
import * as path from "node:path";

import { inContainer } from "../../support/hostContainers";
import { output } from "../../support/shell";
import { type Outputs, Stack, type Update, workFolder } from "../../support/stack";
import { type Entry, StoryMachines } from "../cluster/storyMachines";
import type { ClientSide } from "../kafka/clientPrograms";
import { RunningKafka } from "../kafka/runningKafka";
import { Kubectl } from "../support/kubectl";
import { type SavedLab, unfit } from "./savedLab";

/** Ids of the brokers, of which each worker has one. */
export const brokers = [0, 1, 2];

/**
 * The cluster of all parts: three control planes, and three workers with a broker each, in containers that no stack
 * made. A part begins with the one that the part before has left, or makes one.
 */
export class Lab {
  readonly stack = new Stack("e2e-years");
  readonly machines = new StoryMachines(this.stack, 180);
  masters: Entry[] = [];
  workers: Entry[] = [];
  private connected?: { outputs: Outputs; kubectl: Kubectl; kafka: RunningKafka; side: ClientSide };
  private readonly file = path.join(workFolder, `${this.stack.name}.json`);

  /** Finds the cluster, or makes it. @param version of Kubernetes that the part begins with @default any */
  async begin(version?: string): Promise<void> {
    const saved = this.saved();
    // A part that fails must not leave its cluster to the next one.
    fs.rmSync(this.file, { force: true });
    const reason = saved ? unfit(saved, await this.running(), version) : "there is none";
    if (saved && reason === undefined) this.find(saved);
    else {
      console.log(`a new cluster is made; about that of an earlier part: ${reason}`);
      await this.make(version);
    }
    await this.up();
    await this.kafka.isWhole(brokers);
    expect((await this.stack.up()).changes).toEqual({});
  }

  private saved(): SavedLab | undefined {
    return fs.existsSync(this.file) ? (JSON.parse(fs.readFileSync(this.file, "utf8")) as SavedLab) : undefined;
  }

  /** Names of the hosts whose containers run. */
  private async running(): Promise<string[]> {
    const prefix = this.machines.container("");
    const names = await output("docker", ["ps", "--filter", `name=^${prefix}`, "--format", "{{.Names}}"]);
    return names
      .split("\n")
      .filter(Boolean)
      .map((name) => name.slice(prefix.length));
  }

  private find({ publicKey, entries }: SavedLab): void {
    this.machines.adopt(
      publicKey,
      entries.map(({ name }) => name),
    );
    this.masters = entries.filter(({ role }) => role === "control-plane");
    this.workers = entries.filter(({ role }) => role === "worker");
  }

  private async make(version?: string): Promise<void> {
    await this.stack.clear();
    const privateKey = await this.machines.createKey();
    for (const number of [1, 2, 3]) {
      this.masters.push(await this.machines.make(`master-${number}`, "control-plane", number));
      this.workers.push(await this.machines.make(`worker-${number}`, "worker", 10 + number));
    }
    await this.stack.create({
      kafka: { brokers: brokers.length, heap: "256m" },
      ...(version === undefined ? {} : { kubernetes: { version } }),
    });
    await this.stack.setSecret("sshPrivateKey", privateKey);
    this.list();
  }

  /** All hosts. */
  get entries(): Entry[] {
    return [...this.masters, ...this.workers];
  }

  /** Writes the hosts to the stack's file. */
  list(): void {
    this.machines.list(...this.entries);
  }

  /** Runs `up`, and connects to the cluster as it is afterwards. */
  async up(...args: string[]): Promise<Update> {
    const update = await this.stack.up(...args);
    await this.connect();
    return update;
  }

  async connect(): Promise<void> {
    const outputs = await this.stack.outputs();
    const kubectl = new Kubectl(this.stack.name, outputs.kubeconfig);
    const side = { container: this.clientHost, bootstrapServers: outputs.bootstrapServersOnNodes };
    this.connected = { outputs, kubectl, kafka: new RunningKafka(kubectl, side), side };
  }

  private get now(): NonNullable<typeof this.connected> {
    if (!this.connected) throw new Error("the part has not begun");
    return this.connected;
  }

  /** The stack's outputs after its last `up`. */
  get outputs(): Outputs {
    return this.now.outputs;
  }

  get kubectl(): Kubectl {
    return this.now.kubectl;
  }

  get kafka(): RunningKafka {
    return this.now.kafka;
  }

  /** Where clients of Kafka run. */
  get side(): ClientSide {
    return this.now.side;
  }

  /** Container of the host in whose network clients of Kafka and of the API servers run, as programs on a worker do. */
  get clientHost(): string {
    return this.machines.container(this.workers[0]!.name);
  }

  on(host: Entry, script: string): Promise<string> {
    return inContainer(this.machines.container(host.name), script);
  }

  /** Switches all machines off, and on again. @param whileOff what happens in between @default nothing */
  async reboot(whileOff: () => Promise<void> = () => Promise.resolve()): Promise<void> {
    await output("docker", ["stop", ...this.entries.map(({ name }) => this.machines.container(name))]);
    await whileOff();
    await Promise.all(this.entries.map(({ name }) => this.machines.boot(name)));
  }

  /** What an `up` that changes a host would change, by the hosts' names. */
  async whatRuns(): Promise<Record<string, string>> {
    const script = fs.readFileSync(path.join(__dirname, "what-runs.sh"), "utf8");
    const facts = this.entries.map(async (host) => [host.name, await this.on(host, script)] as const);
    return Object.fromEntries(await Promise.all(facts));
  }

  /** Expects that `preview` or `up` fails for this reason, and that the hosts run on unchanged. */
  async refuses(command: "preview" | "up", reason: RegExp): Promise<void> {
    const before = await this.whatRuns();
    const options = command === "up" ? ["--yes", "--skip-preview"] : [];
    const { code, stdout, stderr } = await this.stack.try(command, ...options, "--stack", this.stack.name);
    expect(stdout + stderr).toMatch(reason);
    expect(code).not.toBe(0);
    expect(await this.whatRuns()).toEqual(before);
    const cordoned = "jsonpath={.items[?(@.spec.unschedulable==true)].metadata.name}";
    expect(await this.kubectl.run("get", "nodes", "--output", cordoned)).toBe("");
  }

  /** Expects a verified Kafka, hosts without drift, and an `up` that changes nothing. */
  async isWell(): Promise<void> {
    await this.kafka.isWhole(brokers);
    expect((await this.stack.drift()).report).toContain("nothing differs");
    expect((await this.stack.up()).changes).toEqual({});
    expect(await this.stack.health()).toMatchObject({ code: 0 });
    await this.connect();
    expect(this.outputs.verification.brokers).toBe(brokers.length);
  }

  /** Leaves the cluster to the next part, if there is one. Otherwise `end` removes it. */
  async leave(): Promise<void> {
    if (!process.env["LEAVE"]) return;
    const kubernetes = await this.kubectl.run(
      "get",
      "nodes",
      "--output",
      "jsonpath={.items[0].status.nodeInfo.kubeletVersion}",
    );
    const saved: SavedLab = {
      publicKey: this.machines.publicKey,
      entries: this.entries,
      kubernetes: kubernetes.replace(/^v/, ""),
    };
    fs.writeFileSync(this.file, JSON.stringify(saved));
  }

  /** Removes the cluster, unless a part was told to leave it. KEEP keeps also one whose part has failed. */
  async end(): Promise<void> {
    if (process.env["KEEP"] || fs.existsSync(this.file)) return;
    await this.stack.end();
    await this.machines.removeAll();
    this.stack.remove();
  }
}
