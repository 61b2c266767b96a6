import { releaseOf } from "./kubernetesReleases";
import { versions } from "./versions";

/** Names of all images that don't come with Kubernetes, the same for upstream and for a mirror (source.ts). */
export const images = {
  calico: {
    node: `quay.io/calico/node:${versions.calico}`,
    cni: `quay.io/calico/cni:${versions.calico}`,
    kubeControllers: `quay.io/calico/kube-controllers:${versions.calico}`,
  },
  localPath: {
    provisioner: `docker.io/rancher/local-path-provisioner:${versions.localPathProvisioner}`,
    /** Creates and removes the folders of volumes, for which it needs a shell. */
    helper: "docker.io/library/busybox:1.37.0",
  },
  kafka: kafkaImage(versions.kafka),
  kafkaBefore: kafkaImage(versions.kafkaBefore),
  /** Runs the verification program. */
  node: `docker.io/library/node:${versions.node}-bookworm-slim`,
  /** The web application of the end-to-end test. */
  nginx: "docker.io/library/nginx:1.22.1",
} as const;

/**
 * Images that kubeadm of a Kubernetes version pulls for a control plane. Workers need `kube-proxy`, `coredns` and `pause` of them.
 *
 * @param version one of kubernetesReleases.ts. @example "1.34.4"
 * @see https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-config/#cmd-config-images-list
 */
export function controlPlaneImages(version: string): string[] {
  const { coredns, etcd, pause } = releaseOf(version);
  return [
    ...["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy"].map(
      (name) => `registry.k8s.io/${name}:v${version}`,
    ),
    `registry.k8s.io/coredns/coredns:${coredns}`,
    `registry.k8s.io/etcd:${etcd}`,
    `registry.k8s.io/pause:${pause}`,
  ];
}

/** Apache's image of a Kafka version. @example "4.3.1" @see https://hub.docker.com/r/apache/kafka */
export function kafkaImage(version: string): string {
  return `docker.io/apache/kafka:${version}`;
}
