/**
 * The one place for versions of what runs on the hosts. Renovate edits it; the toolchain's go.mod files pin the same
 * versions for machines that build them (a unit test holds the two together).
 */
export const versions = {
  /** Kubernetes: kubelet, kubeadm, kubectl and the control plane's images. */
  kubernetes: "1.34.4",
  /** Image tags that this kubeadm asks for (`kubeadm config images list`). */
  etcd: "3.6.5-0",
  coredns: "v1.12.1",
  pause: "3.10.1",
  /** crictl and the CNI reference plugins, packaged beside the kubelet. */
  criTools: "1.34.0",
  kubernetesCni: "1.8.0",
  calico: "v3.31.0",
  localPathProvisioner: "v0.0.30",
  kafka: "4.3.1",
  /** The Kafka from which the end-to-end test upgrades. */
  kafkaBefore: "4.3.0",
  node: "24.21.0",
} as const;
