/**
 * Versions of all that runs on the hosts, except what comes with Kubernetes: kubernetesReleases.ts has that. Renovate edits this
 * file. The toolchain's go.mod files, for machines that build some of these programs, pin the same versions, as a unit test checks.
 */
export const versions = {
  /**
   * Kubernetes that a stack gets by default, one of kubernetesReleases.ts: the newest that Calico and containerd are tested with.
   *
   * @see docs/decisions/versions.md
   */
  kubernetes: "1.35.4",
  /** Tested with Kubernetes 1.32 to 1.35. @see https://docs.tigera.io/calico/3.31/getting-started/kubernetes/requirements */
  calico: "v3.31.0",
  localPathProvisioner: "v0.0.30",
  kafka: "4.3.1",
  /** Kafka version from which the end-to-end test upgrades. */
  kafkaBefore: "4.3.0",
  node: "24.21.0",
} as const;
