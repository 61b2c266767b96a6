import type { ArtifactSource } from "../components/artifacts/source";
import type { StackConfig } from "../config/schema/schema";

/** Properties of the machine that runs Pulumi, which `make toolchain` records for `bin/pulumi`. */
export interface Environment {
  /**
   * Base URL of the mirror that the toolchain serves if upstream can't be reached, else undefined.
   *
   * @example "http://172.30.0.2:5000"
   */
  mirror: string | undefined;
  /** Docker image of container hosts. @default "kubeadm-kafka/host:debian-12" */
  hostImage: string;
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    mirror: variables["KUBEADM_KAFKA_MIRROR"] || undefined,
    hostImage: variables["KUBEADM_KAFKA_HOST_IMAGE"] || "kubeadm-kafka/host:debian-12",
  };
}

/** The source of packages and images: the config's, else the toolchain's mirror, else upstream. */
export function chooseSource({ source, mirror }: StackConfig["artifacts"], environment: Environment): ArtifactSource {
  const url = source === "upstream" ? undefined : (mirror ?? environment.mirror);
  return url === undefined ? { kind: "upstream" } : { kind: "mirror", url };
}
