import * as fs from "node:fs";
import * as path from "node:path";

/** A test's settings of its cloud. */
export interface Settings {
  /** Folder of the cloud's state, with a file per resource. The state outlives the plugin, as Google's does. */
  folder: string;
  /** Docker image of the hosts. */
  image: string;
  /** Addresses in the hosts' network that are assigned as external ones, reserved or ephemeral. Google takes its own. */
  externalAddresses: readonly string[];
  /** Addresses in the hosts' network from which front ends connect to backends, one for each. Google's are `probes` in connect.ts. */
  probeAddresses: readonly string[];
  /** Ranges of pods and services, whose packets this machine must not let out to the internet. */
  guardedRanges: readonly string[];
}

const file = "settings.json";

/** Writes the settings for the plugin. @returns the environment in which Pulumi's engine starts the stand-in */
export function writeSettings(settings: Settings): NodeJS.ProcessEnv {
  fs.mkdirSync(settings.folder, { recursive: true });
  fs.writeFileSync(path.join(settings.folder, file), JSON.stringify(settings, null, 2));
  return { GCP_STAND_IN: settings.folder, PATH: `${path.join(__dirname, "bin")}:${process.env["PATH"]}` };
}

export function readSettings(folder = process.env["GCP_STAND_IN"]): Settings {
  if (!folder) throw new Error("GCP_STAND_IN must name the folder of the stand-in's settings and state");
  return JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")) as Settings;
}
