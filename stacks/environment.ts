import type { ArtifactSource } from "../components/artifacts/source";
import type { StackConfig } from "../config/schema/schema";

/** What the machine that Pulumi runs on knows better than a stack's config; `make toolchain` writes it down for `bin/pulumi`. */
export interface Environment {
  /** Base URL of the mirror that the toolchain serves where upstream can't be reached, else undefined. */
  mirror: string | undefined;
  /** Docker image of container hosts. */
  hostImage: string;
}

export function readEnvironment(variables: NodeJS.ProcessEnv = process.env): Environment {
  return {
    mirror: variables["KUBEADM_KAFKA_MIRROR"] || undefined,
    hostImage: variables["KUBEADM_KAFKA_HOST_IMAGE"] || "kubeadm-kafka/host:debian-12",
  };
}

/** The source of packages and images: what the config says, else the toolchain's mirror, else upstream. */
export function chooseSource({ source, mirror }: StackConfig["artifacts"], environment: Environment): ArtifactSource {
  const url = source === "upstream" ? undefined : (mirror ?? environment.mirror);
  return url === undefined ? { kind: "upstream" } : { kind: "mirror", url };
}
