import type { ArtifactSource } from "../components/artifacts/source";
import { isReachable } from "../components/cluster/versionsPlan";
import { codes, mistake, type Mistake } from "../config/mistakes";
import type { StackConfig } from "../config/schema/schema";

/** Properties of the machine that runs Pulumi, which `make toolchain` records for `bin/pulumi`. */
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
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    mirror: variables["KUBEADM_KAFKA_MIRROR"] || undefined,
    mirrorKey: variables["KUBEADM_KAFKA_MIRROR_KEY"] || undefined,
    mirrored: (variables["KUBEADM_KAFKA_MIRROR_KUBERNETES"] ?? "").split(" ").filter(Boolean),
    hostImage: variables["KUBEADM_KAFKA_HOST_IMAGE"] || "kubeadm-kafka/host:debian-12",
  };
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
