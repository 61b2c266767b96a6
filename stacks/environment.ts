import type { ArtifactSource } from "../components/artifacts/source";
import { parseRestoreRequest, RESTORE_VARIABLE, type RestoreRequest } from "../components/cluster/restore/requestPlan";
import { isReachable } from "../components/cluster/versionsPlan";
import { listHosts } from "../config/listedHosts";
import { codes, mistake, type Mistake } from "../config/mistakes";
import type { StackConfig } from "../config/schema/schema";

/** Properties of the machine that runs Pulumi, which `make toolchain` records for `bin/pulumi`, and what this run alone is asked for. */
export interface Environment {
  /**
   * Base URL of the mirror that the toolchain serves if upstream can't be reached, else undefined.
   *
   * @example "http://172.30.0.2:5000"
   */
  mirror: string | undefined;
  /** Fingerprint of the key that signs this mirror's packages. @default none, if an older toolchain serves it, unsigned */
  mirrorKey: string | undefined;
  /** Versions of Kubernetes that this mirror has. @default none, if an older toolchain serves it, which doesn't say */
  mirrored: readonly string[];
  /** Docker image of container hosts. @default "kubeadm-kafka/host:debian-12" */
  hostImage: string;
  /** Name of the restore that this run is asked for, as `make restore` prints it. @default none */
  restore?: string | undefined;
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    mirror: variables["KUBEADM_KAFKA_MIRROR"] || undefined,
    mirrorKey: variables["KUBEADM_KAFKA_MIRROR_KEY"] || undefined,
    mirrored: (variables["KUBEADM_KAFKA_MIRROR_KUBERNETES"] ?? "").split(" ").filter(Boolean),
    hostImage: variables["KUBEADM_KAFKA_HOST_IMAGE"] || "kubeadm-kafka/host:debian-12",
    restore: variables[RESTORE_VARIABLE] || undefined,
  };
}

/** The restore that this run is asked for; undefined if it is asked for none. A wrong one is a mistake (KK979). */
export function restoreOf({ restore }: Pick<Environment, "restore">): RestoreRequest | undefined {
  return restore === undefined ? undefined : parseRestoreRequest(restore);
}

/** A restore that no control plane of the stack can run. */
export function restoreMistakes(stack: string, config: StackConfig, environment: Environment): Mistake[] {
  const { restore } = environment;
  const host = restoreOf(environment)?.host;
  const listed = listHosts(stack, config).some(({ name, role }) => name === host && role === "control-plane");
  if (restore === undefined || listed) return [];
  const message = `${restore} names no restore on a control plane of this stack; copy the command that make restore has printed`;
  return [mistake(codes.unknownRestore, RESTORE_VARIABLE, message)];
}

/** The source of packages and images: the config's, else the toolchain's mirror, else upstream. */
export function chooseSource(
  { source, mirror, mirrorKey }: StackConfig["artifacts"],
  environment: Environment,
): ArtifactSource {
  const url = source === "upstream" ? undefined : (mirror ?? environment.mirror);
  if (url === undefined) return { kind: "upstream" };
  // A mirror without a key is a mistake, which is refused before anything is planned (KK591, KK593).
  return { kind: "mirror", url, key: (mirror === undefined ? environment.mirrorKey : mirrorKey) ?? "" };
}

/**
 * A Kubernetes version that the toolchain's mirror lacks, or a mirror that an older toolchain serves without a signature. The preflight
 * looks into any other mirror, which only the hosts may reach (KK504, KK590).
 *
 * @param onHosts versions that the hosts run. One that can't be reached from there isn't worth building: the cluster refuses it, and
 *   says which comes first (KK900, KK901).
 */
export function mirrorMistakes(
  {
    kubernetes: { version },
    artifacts,
  }: { readonly kubernetes: Pick<StackConfig["kubernetes"], "version">; readonly artifacts: StackConfig["artifacts"] },
  environment: Environment,
  onHosts: readonly string[] = [],
): Mistake[] {
  const { mirror, mirrored } = environment;
  const source = chooseSource(artifacts, environment);
  if (source.kind === "mirror" && artifacts.mirror === undefined && environment.mirrorKey === undefined) {
    const message = `the toolchain's mirror at ${source.url} is unsigned, since an older toolchain made it; run \`make toolchain\``;
    return [mistake(codes.unsignedMirror, "artifacts.source", message)];
  }
  const isKnown = source.kind === "mirror" && source.url === mirror && mirrored.length > 0;
  if (!isKnown || mirrored.includes(version) || !isReachable(version, onHosts)) return [];
  const lack = `${version} isn't in the toolchain's mirror, which has ${mirrored.join(", ")}`;
  const remedy = `build it with \`make toolchain versions=${version}\`, or set one of these`;
  return [mistake(codes.notMirrored, "kubernetes.version", `${lack}; ${remedy}`)];
}
