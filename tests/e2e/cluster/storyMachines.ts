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

/** Sorted names of the entries. */
export const named = (...entries: Entry[]): string[] => entries.map(({ name }) => name).sort();

/** A story's machines. No stack made them, so that they outlive a stack and show what it leaves on them. */
export class StoryMachines {
  private key = { privateKey: "", publicKey: "" };
  private readonly before = new Map<string, string[]>();

  constructor(
    private readonly stack: Stack,
    private readonly firstAddress: number,
    /** The stack's SSH settings, and each machine's memory limit. */
    private readonly settings: { ssh?: Record<string, unknown>; memory?: string } = {},
  ) {}

  async createKey(): Promise<string> {
    this.key = await createKey();
    return this.key.privateKey;
  }

  /** Public key that may log in to the machines. */
  get publicKey(): string {
    return this.key.publicKey;
  }

  /**
   * Takes over machines that an earlier run made. What they were like before isn't known, so that `residue` reports all that is
   * on them.
   */
  adopt(publicKey: string, names: readonly string[]): void {
    this.key = { privateKey: "", publicKey };
    for (const name of names) this.before.set(name, []);
  }

  /** Makes an empty machine. It replaces an earlier one of the same name. @param image of Docker @default the toolchain's */
  async make(name: string, role: Entry["role"], number: number, image?: string): Promise<Entry> {
    const address = `172.30.0.${this.firstAddress + number}`;
    const container = this.container(name);
    const memory = this.settings.memory ? { memory: this.settings.memory } : {};
    const hostKey = await createMachine({ container, address, image, ...memory }, name, this.key.publicKey);
    await this.remember(name);
    return { name, role, address, ssh: { hostKey } };
  }

  /** Records the machine's state, to which `residue` compares it later. */
  async remember(name: string): Promise<void> {
    this.before.set(name, await snapshot(this.container(name)));
  }

  /** Gives the machine another address, as DHCP may do: while programs run, or over a reboot. */
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

  /** The number with which `make` gives a machine this entry's address. */
  numberOf({ address }: Entry): number {
    return Number(address.split(".").at(-1)) - this.firstAddress;
  }

  container(name: string): string {
    return `${this.stack.name}-${name}`;
  }

  /** Unexpected differences from the machine's recorded state. What a restart changes is expected. */
  async residue(name: string): Promise<string[]> {
    const now = await snapshot(this.container(name));
    return difference(this.before.get(name)!, now, [...residue.always, ...residue.afterRestart]);
  }

  async removeAll(): Promise<void> {
    for (const name of this.before.keys()) await removeMachine(this.container(name));
  }

  /** Writes these to the stack's file as `hosts.existing`. Other keys stay as they are. */
  list(...existing: Entry[]): void {
    const file = path.join(root, `Pulumi.${this.stack.name}.yaml`);
    // Pulumi omits an empty `config`.
    const settings = yaml.load(fs.readFileSync(file, "utf8")) as { config?: Record<string, unknown> };
    const key = "kubeadm-kafka:hosts";
    const others = settings.config?.[key] as object | undefined;
    const hosts = { ...others, ssh: { user: "admin", ...this.settings.ssh }, existing };
    fs.writeFileSync(file, yaml.dump({ ...settings, config: { ...settings.config, [key]: hosts } }));
  }
}
