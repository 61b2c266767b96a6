import * as fs from "node:fs";

import { output } from "../support/shell";
import { Cloud, type Item } from "./cloud";
import { DockerMachines, owner } from "./dockerMachines";
import { types } from "./resources/types";
import { type Settings, writeSettings } from "./settings";
import { StandInProvider } from "./standInProvider";

/** A test's access to the stand-in's cloud without Pulumi, as Google's console gives it. */
export class CloudConsole {
  constructor(private readonly settings: Settings) {}

  /** Makes every Pulumi that this process starts use the stand-in as Google Cloud's plugin. */
  install(): void {
    Object.assign(process.env, writeSettings(this.settings));
  }

  items(): Item[] {
    return this.cloud().all();
  }

  ids(): string[] {
    return this.items().map(({ id }) => id);
  }

  instance(host: string): Item {
    return this.items().find(({ type, id }) => type === types.instance && id.endsWith(`-${host}`))!;
  }

  async deleteWithoutPulumi({ type, id }: Item): Promise<void> {
    await new StandInProvider(this.cloud()).delete(type, id);
  }

  async containers(): Promise<string[]> {
    const filter = `label=kubeadm-kafka=${owner}`;
    const names = await output("docker", ["ps", "--all", "--filter", filter, "--format", "{{.Names}}"]);
    return names.split("\n").filter(Boolean);
  }

  /** Removes all containers and the state, which an earlier run may have left. */
  async clear(): Promise<void> {
    for (const container of await this.containers()) await output("docker", ["rm", "--force", "--volumes", container]);
    fs.rmSync(this.settings.folder, { recursive: true, force: true });
  }

  private cloud(): Cloud {
    return new Cloud(this.settings.folder, new DockerMachines(this.settings));
  }
}
