import { installedPulumi } from "./installed";
import { decide, type Decision, type Source } from "./decide";
import { artifactEndpoints, pulumiEndpoint, reachable, unreachable } from "./probe";

/**
 * Looks at this machine and its network and decides.
 *
 * @param ours folder of this checkout's own toolchain
 * @throws if ARTIFACTS is neither empty, `upstream` nor `mirror`
 */
export async function inspect(ours: string): Promise<Decision> {
  const forced = forcedSource(process.env.ARTIFACTS);
  const [missing, pulumiReachable] = await Promise.all([unreachable(artifactEndpoints), reachable(pulumiEndpoint)]);
  return decide({ forced, unreachable: missing, pulumiReachable, pulumi: installedPulumi(ours) });
}

export function forcedSource(wanted: string | undefined): Source | undefined {
  if (!wanted) return undefined;
  if (wanted === "upstream" || wanted === "mirror") return wanted;
  throw new Error(`ARTIFACTS is "${wanted}"; it can be "upstream" or "mirror", or be left out to find out by itself`);
}
