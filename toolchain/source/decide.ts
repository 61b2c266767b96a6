/** What was found out about this machine before deciding. */
export interface Situation {
  /** What the user wants (ARTIFACTS=…), if anything. */
  forced?: Source;
  /** Hosts of packages and images that can't be reached from here. */
  unreachable: string[];
  /** Whether Pulumi's own downloads can be reached. */
  pulumiReachable: boolean;
  /** Pulumi as it is on this machine. */
  pulumi: InstalledPulumi;
}

export interface InstalledPulumi {
  /** Version of the CLI on PATH. */
  cli?: string;
  /** Version that is needed at least. */
  wanted: string;
  /** Whether the Node.js language host lies on PATH. */
  languageHost: boolean;
  /** Plugins that are not installed, as NAME-vVERSION. */
  missingPlugins: string[];
}

/** Where packages and images come from. */
export type Source = "upstream" | "mirror";

/**
 * Where Pulumi comes from: `found` on this machine, `download` of the CLI (it then fetches its plugins by itself), or
 * `build` from Go modules.
 */
export type PulumiFrom = "found" | "download" | "build";

export interface Decision {
  source: Source;
  sourceWhy: string;
  pulumi: PulumiFrom;
  pulumiWhy: string;
}

/** Upstream is preferred, and what is there already most of all. */
export function decide(situation: Situation): Decision {
  const [source, sourceWhy] = decideSource(situation);
  const [pulumi, pulumiWhy] = decidePulumi(situation);
  return { source, sourceWhy, pulumi, pulumiWhy };
}

function decideSource({ forced, unreachable }: Situation): [Source, string] {
  if (forced) return [forced, `ARTIFACTS=${forced}`];
  if (unreachable.length === 0) return ["upstream", "upstream's packages and images can be reached"];
  return ["mirror", `can't reach ${unreachable.join(", ")}`];
}

function decidePulumi({ forced, pulumiReachable, pulumi }: Situation): [PulumiFrom, string] {
  const lacking = whatIsLacking(pulumi);
  if (!lacking) {
    if (pulumi.missingPlugins.length === 0) return ["found", `pulumi ${pulumi.cli} and its plugins are installed`];
    if (pulumiReachable) return ["found", `pulumi ${pulumi.cli} is installed and can download its plugins`];
  }
  const because = lacking ?? `the plugins ${pulumi.missingPlugins.join(", ")} are not installed`;
  if (forced === "mirror") return ["build", `${because}; ARTIFACTS=mirror`];
  if (pulumiReachable) return ["download", because];
  return ["build", `${because}, and Pulumi's downloads can't be reached`];
}

function whatIsLacking({ cli, wanted, languageHost }: InstalledPulumi): string | undefined {
  if (!cli) return "pulumi is not on PATH";
  if (!atLeast(cli, wanted)) return `pulumi on PATH is ${cli}, and ${wanted} is needed`;
  return languageHost ? undefined : "pulumi-language-nodejs is not on PATH";
}

/** Whether a version of the same major is the wanted one or newer. */
export function atLeast(version: string, wanted: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map((part) => Number.parseInt(part));
  const [wantedMajor = 0, wantedMinor = 0, wantedPatch = 0] = wanted.split(".").map((part) => Number.parseInt(part));
  return major === wantedMajor && (minor > wantedMinor || (minor === wantedMinor && patch >= wantedPatch));
}
