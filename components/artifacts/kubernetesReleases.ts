/** A Kubernetes release that stacks can run, and the versions of what comes with it. */
export interface KubernetesRelease {
  /** Exact version of kubelet, kubeadm, kubectl and the control plane's images. @example "1.34.4" */
  readonly version: string;
  /** Tag of etcd's image that this kubeadm asks for. @see `kubeadm config images list` */
  readonly etcd: string;
  /** Tag of CoreDNS's image that this kubeadm asks for. */
  readonly coredns: string;
  /** Tag of the pause image that this kubeadm asks for. */
  readonly pause: string;
  /** Version of crictl's package in a mirror. Upstream's repository of the minor version may have another. */
  readonly criTools: string;
  /** Version in a mirror of the CNI plugins' package, on which the kubelet's depends. Upstream's repository may have another. */
  readonly kubernetesCni: string;
}

/**
 * The Kubernetes releases that stacks can run, oldest first. An upgrade takes one minor version at a time, so that no minor version
 * may be missing between two others. After a change run `toolchain/scripts/pin-release.sh VERSION`.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.36.3/build/dependencies.yaml names crictl and the CNI plugins of a release
 */
export const kubernetesReleases: readonly KubernetesRelease[] = [
  {
    version: "1.34.3",
    etcd: "3.6.5-0",
    coredns: "v1.12.1",
    pause: "3.10.1",
    criTools: "1.34.0",
    kubernetesCni: "1.8.0",
  },
  {
    version: "1.34.4",
    etcd: "3.6.5-0",
    coredns: "v1.12.1",
    pause: "3.10.1",
    criTools: "1.34.0",
    kubernetesCni: "1.8.0",
  },
  {
    version: "1.35.4",
    etcd: "3.6.6-0",
    coredns: "v1.13.1",
    pause: "3.10.1",
    criTools: "1.34.0",
    kubernetesCni: "1.8.0",
  },
  {
    version: "1.36.3",
    etcd: "3.6.8-0",
    coredns: "v1.14.2",
    pause: "3.10.2",
    criTools: "1.36.0", // the Go module proxy has no 1.35.0, which upstream tests with
    kubernetesCni: "1.9.1",
  },
  {
    version: "1.37.2",
    etcd: "3.7.0-0",
    coredns: "v1.14.6",
    pause: "3.10.2",
    criTools: "1.36.0",
    kubernetesCni: "1.9.1",
  },
];

/** The table's versions, oldest first. */
export const kubernetesVersions: readonly string[] = kubernetesReleases.map(({ version }) => version);

/** @throws Error if the table lacks the version. The config's rules refuse such a version before (KK301). */
export function releaseOf(version: string): KubernetesRelease {
  const release = kubernetesReleases.find((each) => each.version === version);
  if (!release) throw new Error(`Kubernetes ${version} is none of ${kubernetesVersions.join(", ")}`);
  return release;
}
