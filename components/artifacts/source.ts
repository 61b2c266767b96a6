/**
 * Where hosts get packages and images from. Image names are the same for both kinds: only the hosts' apt sources and
 * containerd's `hosts.toml` name the mirror.
 *
 * @see https://github.com/containerd/containerd/blob/main/docs/hosts.md
 */
export type ArtifactSource =
  | {
      /** pkgs.k8s.io and the public image registries. */
      kind: "upstream";
    }
  | {
      kind: "mirror";
      /**
       * Base URL at which the hosts reach the mirror. It serves a flat apt repository at `/apt/`, with Kubernetes' packages and
       * their dependencies, and an OCI registry at `/v2/`. An image's name there includes its registry: `quay.io/calico/node`.
       *
       * @example "http://172.30.0.2:5000"
       */
      url: string;
      /**
       * Fingerprint of the OpenPGP key that signs the apt repository, 40 hexadecimal digits in capitals. The mirror has the key itself
       * at `/apt/key.asc`; apt takes no signature of another one.
       */
      key: string;
    };

/** What host scripts have to know of a source: the mirror's base URL without a slash at its end, and its key. Empty for upstream. */
export function mirrorInputs(source: ArtifactSource): { MIRROR: string; MIRROR_KEY: string } {
  if (source.kind === "upstream") return { MIRROR: "", MIRROR_KEY: "" };
  return { MIRROR: source.url.replace(/\/+$/, ""), MIRROR_KEY: source.key };
}
