import * as fs from "node:fs";

import { output } from "../support/shell";
import { Cloud, type Item } from "./cloud";
import { DockerMachines, owner } from "./dockerMachines";
import { types } from "./resources/types";
import { type Settings, writeSettings } from "./settings";
import { StandIn } from "./standIn";

/** The stand-in's cloud as a test sees it from outside, without Pulumi: Google's console, so to speak. */
export class StandInCloud {
  constructor(private readonly settings: Settings) {}

  /** From here on Pulumi, started by this process, takes the stand-in for Google Cloud's plugin. */
  install(): void {
    Object.assign(process.env, writeSettings(this.settings));
  }

  items(): Item[] {
    return this.open().all();
  }

  ids(): string[] {
    return this.items().map(({ id }) => id);
  }

  instance(host: string): Item {
    return this.items().find(({ type, id }) => type === types.instance && id.endsWith(`-${host}`))!;
  }

  async deleteBehindItsBack({ type, id }: Item): Promise<void> {
    await new StandIn(this.open()).delete(type, id);
  }

  async containers(): Promise<string[]> {
    const filter = `label=kubeadm-kafka=${owner}`;
    const names = await output("docker", ["ps", "--all", "--filter", filter, "--format", "{{.Names}}"]);
    return names.split("\n").filter(Boolean);
  }

  /** Whatever is left of an earlier run. */
  async clear(): Promise<void> {
    for (const container of await this.containers()) await output("docker", ["rm", "--force", "--volumes", container]);
    fs.rmSync(this.settings.folder, { recursive: true, force: true });
  }

  private open(): Cloud {
    return new Cloud(this.settings.folder, new DockerMachines(this.settings));
  }
}
