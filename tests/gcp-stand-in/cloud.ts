import * as fs from "node:fs";
import * as path from "node:path";

import type { CloudMachines } from "./cloudMachines";
import type { Properties } from "./properties";

/** A resource as the cloud stores it. */
export interface Item {
  type: string;
  /** `projects/P/global/networks/N` */
  id: string;
  /** Inputs of the last creation or update. */
  inputs: Properties;
  /** Values that the cloud assigned. `knownAs` is a second name of the resource: a reservation's address, an account's email. */
  filled: Properties;
}

const selfLinks = "https://www.googleapis.com/compute/v1/";

export function selfLink(item: Item): string {
  return selfLinks + item.id;
}

/** All resources, in one JSON file each, named by its id. The files outlive the plugin, as Google's cloud does. */
export class Cloud {
  private readonly folder: string;

  constructor(
    folder: string,
    /** Runs the instances and the load balancers. */
    readonly machines: CloudMachines,
  ) {
    this.folder = path.join(folder, "resources");
    fs.mkdirSync(this.folder, { recursive: true });
  }

  get(id: string): Item | undefined {
    const file = this.fileOf(id);
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Item) : undefined;
  }

  put(item: Item): void {
    fs.writeFileSync(this.fileOf(item.id), `${JSON.stringify(item, null, 2)}\n`, { mode: 0o600 });
  }

  remove(id: string): void {
    fs.rmSync(this.fileOf(id));
  }

  all(): Item[] {
    return fs
      .readdirSync(this.folder)
      .sort()
      .map((name) => JSON.parse(fs.readFileSync(path.join(this.folder, name), "utf8")) as Item);
  }

  ofType(type: string): Item[] {
    return this.all().filter((item) => item.type === type);
  }

  /** @param value the resource's id, self link, name, or `knownAs` */
  find(type: string, value: string): Item | undefined {
    const id = value.replace(selfLinks, "");
    return this.ofType(type).find(
      (item) => item.id === id || item.inputs["name"] === id || item.filled["knownAs"] === id,
    );
  }

  /** Like `find`, for a resource that is known to exist. */
  the(type: string, value: unknown): Item {
    const found = this.find(type, value as string);
    if (!found) throw new Error(`${value as string} was not found`);
    return found;
  }

  private fileOf(id: string): string {
    return path.join(this.folder, `${id.replaceAll("/", "+")}.json`);
  }
}
