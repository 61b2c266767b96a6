import * as fs from "node:fs";
import * as path from "node:path";

import * as yaml from "js-yaml";

import { containerNetwork } from "../../../components/hosts/containerPlan";
import {
  createKey,
  createMachine,
  difference,
  removeMachine,
  snapshot,
  waitForBoot,
} from "../../support/hostContainers";
import { output } from "../../support/shell";
import { root, type Stack } from "../../support/stack";
import { residue } from "../support/residue";

/** An entry of `hosts.existing`. */
export interface Entry {
  name: string;
  role: "control-plane" | "worker";
  address: string;
  lost?: boolean;
  taints?: string[];
  ssh: { hostKey: string };
}

/** Their names, in order. */
export const named = (...entries: Entry[]): string[] => entries.map(({ name }) => name).sort();

/** The story's machines: no stack made them, so that what a host keeps after it has left can be seen. */
export class Machines {
  private key = { privateKey: "", publicKey: "" };
  private readonly before = new Map<string, string[]>();

  constructor(
    private readonly stack: Stack,
    private readonly firstAddress: number,
    /** How the stack gets in, and what each machine may take of the memory. */
    private readonly settings: { ssh?: Record<string, unknown>; memory?: string } = {},
  ) {}

  async createKey(): Promise<string> {
    this.key = await createKey();
    return this.key.privateKey;
  }

  /** A new, empty machine; a name that had one before has it no more. */
  async make(name: string, role: Entry["role"], number: number): Promise<Entry> {
    const address = `172.30.0.${this.firstAddress + number}`;
    const container = this.container(name);
    const memory = this.settings.memory ? { memory: this.settings.memory } : {};
    const hostKey = await createMachine({ container, address, ...memory }, name, this.key.publicKey);
    await this.remember(name);
    return { name, role, address, ssh: { hostKey } };
  }

  /** How it is now is how it has to be again. */
  async remember(name: string): Promise<void> {
    this.before.set(name, await snapshot(this.container(name)));
  }

  /** The machine gets another address, as DHCP may do it: under programs that run, or over a reboot. */
  async move(entry: Entry, number: number, how: "running" | "rebooted"): Promise<void> {
    const container = this.container(entry.name);
    entry.address = `172.30.0.${this.firstAddress + number}`;
    if (how === "rebooted") await output("docker", ["stop", container]);
    await output("docker", ["network", "disconnect", containerNetwork.name, container]);
    await output("docker", ["network", "connect", "--ip", entry.address, containerNetwork.name, container]);
    if (how === "rebooted") await this.boot(entry.name);
  }

  /** Switches on a machine that is off. */
  async boot(name: string): Promise<void> {
    await output("docker", ["start", this.container(name)]);
    await waitForBoot(this.container(name));
  }

  container(name: string): string {
    return `${this.stack.name}-${name}`;
  }

  /** What differs from how the machine was made or remembered, and has no explanation. It may have been started anew. */
  async residue(name: string): Promise<string[]> {
    const now = await snapshot(this.container(name));
    return difference(this.before.get(name)!, now, [...residue.always, ...residue.afterRestart]);
  }

  async removeAll(): Promise<void> {
    for (const name of this.before.keys()) await removeMachine(this.container(name));
  }

  /** Makes these the stack's hosts, as an editor would: what else is set of hosts stays. */
  list(...existing: Entry[]): void {
    const file = path.join(root, `Pulumi.${this.stack.name}.yaml`);
    // Pulumi leaves no `config` where nothing is in it yet.
    const settings = yaml.load(fs.readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
    const key = "kubeadm-kafka:hosts";
    const others = settings.config?.[key] as object | undefined;
    const hosts = { ...others, ssh: { user: "admin", ...this.settings.ssh }, existing };
    fs.writeFileSync(file, yaml.dump({ ...settings, config: { ...settings.config, [key]: hosts } }));
  }
}
