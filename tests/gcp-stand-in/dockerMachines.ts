import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

import { shellQuote } from "../../components/cluster/hostScript";
import { containerNetwork, planContainer } from "../../components/hosts/containerPlan";
import { output, run } from "../support/shell";
import { firstBootScript } from "./guest";
import type { CloudMachines, FrontEnd, Machine, MachineSize } from "./cloudMachines";
import type { Settings } from "./settings";

/** Value of the `kubeadm-kafka` label on every container of this cloud. */
export const owner = "stand-in for Google Cloud";

/** Runs each instance as a container host, as in the dev stack, and each load balancer as a small program in a container. */
export class DockerMachines implements CloudMachines {
  readonly externalAddresses: readonly string[];
  readonly probeAddresses: readonly string[];
  /** Names of machines that are being removed. Docker reports them as running until they are gone. */
  private readonly leaving = new Set<string>();

  constructor(private readonly settings: Settings) {
    this.externalAddresses = settings.externalAddresses;
    this.probeAddresses = settings.probeAddresses;
  }

  async start(machine: Machine): Promise<void> {
    const { address } = machine;
    const { sshPort, apiPort } = planContainer("", { name: machine.name, role: "worker", address }, 0);
    const { cpus, memory } = limits(machine.size);
    const script = path.join(__dirname, "../../components/hosts/scripts/create-container.sh");
    const env = {
      CONTAINER: machine.name,
      STACK: owner,
      HOST_NAME: machine.name,
      IMAGE: this.settings.image,
      NETWORK: containerNetwork.name,
      ADDRESS: address,
      SSH_PORT: String(sshPort),
      API_PORT: String(apiPort),
      GUARDED_RANGES: this.settings.guardedRanges.join(" "),
      MEMORY: memory,
      CPUS: cpus,
    };
    // create-container.sh tells owners apart by the login key on standard input. No login uses this text.
    await output("bash", [script], { env, stdin: owner });
    await this.inside(machine.name, firstBootScript(machine.metadata));
    await this.connectExternal(machine);
  }

  async restart(machine: Machine): Promise<void> {
    const { name } = machine;
    const { cpus, memory } = limits(machine.size);
    await output("docker", ["stop", "--time", "60", name]);
    await output("docker", ["update", "--cpus", cpus, "--memory", memory, "--memory-swap", memory, name]);
    await output("docker", ["start", name]);
    await this.connectExternal(machine);
  }

  async remove(name: string): Promise<void> {
    this.leaving.add(name);
    await output("docker", ["rm", "--force", "--volumes", name]);
    this.leaving.delete(name);
  }

  async admit(name: string, rules: readonly string[], forwarded: readonly string[]): Promise<void> {
    if (!(await this.isRunning(name))) return; // a machine that is still being created gets its rules at the end of its creation
    const inputs = { RULES: rules.join("\n"), FORWARDED: forwarded.join("\n") };
    try {
      await this.inside(name, assignments(inputs) + readScript("admit.sh"));
    } catch (error) {
      if (await this.isRunning(name)) throw error; // otherwise the machine was removed meanwhile
    }
  }

  private async isRunning(name: string): Promise<boolean> {
    const { code, stdout } = await run("docker", ["container", "inspect", "--format", "{{.State.Running}}", name]);
    return code === 0 && stdout.trim() === "true" && !this.leaving.has(name);
  }

  async serve(frontEnd: FrontEnd): Promise<void> {
    const folder = path.join(this.settings.folder, "front-ends", frontEnd.name);
    fs.mkdirSync(folder, { recursive: true });
    const file = path.join(folder, "front-end.json");
    fs.writeFileSync(`${file}.new`, JSON.stringify(frontEnd, null, 2));
    fs.renameSync(`${file}.new`, file);
    if ((await run("docker", ["container", "inspect", frontEnd.name])).code === 0) return; // a running front end rereads its file
    const start = `ip address add ${frontEnd.address}/32 dev eth0 && exec node /frontEnd.mts /front-end/front-end.json`;
    await output("docker", [
      ...["run", "--detach", "--name", frontEnd.name, "--label", `kubeadm-kafka=${owner}`],
      ...["--network", containerNetwork.name, "--ip", frontEnd.source, "--cap-add", "NET_ADMIN"],
      ...["--volume", `${process.execPath}:/usr/local/bin/node:ro`, "--volume", `${folder}:/front-end:ro`],
      ...["--volume", `${path.join(__dirname, "frontEnd.mts")}:/frontEnd.mts:ro`],
      ...["--entrypoint", "/bin/bash", this.settings.image, "-c", start],
    ]);
  }

  async stopServing(name: string): Promise<void> {
    await output("docker", ["rm", "--force", "--volumes", name]);
    fs.rmSync(path.join(this.settings.folder, "front-ends", name), { recursive: true });
  }

  /** Adds the external address to the machine's network card. Google translates it on the way instead. */
  private async connectExternal({ name, externalAddress }: Machine): Promise<void> {
    if (externalAddress) await this.inside(name, `ip address replace ${externalAddress}/32 dev eth0`);
  }

  private async inside(name: string, script: string): Promise<void> {
    await output("docker", ["exec", "--interactive", name, "bash", "-s"], { stdin: script });
  }
}

/** A container's limits. Their sum may exceed this machine's CPUs and memory. */
function limits({ cpus, memoryGb }: MachineSize): { cpus: string; memory: string } {
  return { cpus: String(Math.min(cpus, os.cpus().length)), memory: `${memoryGb}g` };
}

function assignments(inputs: Readonly<Record<string, string>>): string {
  return Object.entries(inputs)
    .map(([name, value]) => `${name}=${shellQuote(value)}\n`)
    .join("");
}

function readScript(name: string): string {
  return fs.readFileSync(path.join(__dirname, "scripts", name), "utf8");
}
