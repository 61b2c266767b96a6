/**
 * Versions of all that runs on the hosts. Renovate edits this file. The toolchain's go.mod files, for machines that build some
 * of these programs, pin the same versions, as a unit test checks.
 */
export const versions = {
  /** Kubernetes: kubelet, kubeadm, kubectl and the control plane's images. */
  kubernetes: "1.34.4",
  /** Image tags that kubeadm of that version prints for `kubeadm config images list`. */
  etcd: "3.6.5-0",
  coredns: "v1.12.1",
  pause: "3.10.1",
  /** Packages that the kubelet's depends on: crictl and the CNI reference plugins. */
  criTools: "1.34.0",
  kubernetesCni: "1.8.0",
  calico: "v3.31.0",
  localPathProvisioner: "v0.0.30",
  kafka: "4.3.1",
  /** Kafka version from which the end-to-end test upgrades. */
  kafkaBefore: "4.3.0",
  node: "24.21.0",
} as const;
