/**
 * Where packages and images come from. Image names are the same for both: a mirror is wired in by apt sources and
 * containerd's `hosts.toml`, and nothing else in the program knows the difference.
 */
export type ArtifactSource =
  | {
      /** Kubernetes' own apt repository and the public image registries. */
      kind: "upstream";
    }
  | {
      kind: "mirror";
      /**
       * Base URL as the hosts reach it, for instance `http://172.30.0.2:5000`. It serves a flat apt repository at
       * `/apt/` (packages for Kubernetes and what they depend on) and an OCI registry at `/v2/` in which the image
       * `REGISTRY/NAME:TAG` has the name `REGISTRY/NAME:TAG`, its registry included.
       */
      url: string;
    };
