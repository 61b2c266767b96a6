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
    };

/** The mirror's base URL without a slash at its end; empty for upstream. */
export function mirrorUrl(source: ArtifactSource): string {
  return source.kind === "mirror" ? source.url.replace(/\/+$/, "") : "";
}
