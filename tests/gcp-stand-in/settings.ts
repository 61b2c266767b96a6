import * as fs from "node:fs";
import * as path from "node:path";

/** What a test decides about the cloud that it is given. */
export interface Settings {
  /** Folder of the cloud's own state: a file a resource. It outlives the plugin, as Google's does. */
  folder: string;
  /** Docker image of hosts. */
  image: string;
  /** Addresses in the hosts' network that are handed out where Google takes one of its own: reserved and ephemeral external ones. */
  externalAddresses: readonly string[];
  /** Addresses in the hosts' network that front ends connect to backends from, one each; Google's are `probes` in connect.ts. */
  probeAddresses: readonly string[];
  /** Ranges of pods and services, whose packets this machine must not let out to the internet. */
  guardedRanges: readonly string[];
}

const file = "settings.json";

/** Writes them where the plugin finds them, and returns the environment that makes Pulumi's engine take the stand-in. */
export function writeSettings(settings: Settings): NodeJS.ProcessEnv {
  fs.mkdirSync(settings.folder, { recursive: true });
  fs.writeFileSync(path.join(settings.folder, file), JSON.stringify(settings, null, 2));
  return { GCP_STAND_IN: settings.folder, PATH: `${path.join(__dirname, "bin")}:${process.env["PATH"]}` };
}

export function readSettings(folder = process.env["GCP_STAND_IN"]): Settings {
  if (!folder) throw new Error("GCP_STAND_IN must name the folder of the stand-in's settings and state");
  return JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as Settings;
}
