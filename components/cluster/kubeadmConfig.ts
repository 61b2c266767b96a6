import { dump } from "js-yaml";

/** What kubeadm is told about a cluster. */
export interface ClusterSettings {
  /** Kubernetes version, without a "v". */
  readonly version: string;
  /** DNS name of the API server, the same for one control plane and for several behind a load balancer. */
  readonly endpoint: string;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly scheduleOnControlPlane: boolean;
  /** Whether Secrets are encrypted in etcd. */
  readonly encryptSecrets: boolean;
}

const apiVersion = "kubeadm.k8s.io/v1beta4";

/**
 * Configuration for `kubeadm init`.
 *
 * @param address where the other hosts reach this one
 * @param apiServerNames names and addresses at which clients reach the API servers from outside: all go into the
 *   certificates, for clients that can't be told another name to expect
 */
export function initConfig(
  settings: ClusterSettings,
  host: string,
  address: string,
  apiServerNames: readonly string[],
): string {
  return documents(
    {
      apiVersion,
      kind: "InitConfiguration",
      // kubeadm always makes a bootstrap token; nobody uses it (nodes come in by their own certificates).
      bootstrapTokens: [{ ttl: "1m0s" }],
      localAPIEndpoint: { advertiseAddress: address },
      nodeRegistration: {
        ...controlPlaneRegistration(host, address),
        ...(settings.scheduleOnControlPlane && { taints: [] }),
      },
      patches,
    },
    {
      apiVersion,
      kind: "ClusterConfiguration",
      kubernetesVersion: `v${settings.version}`,
      controlPlaneEndpoint: `${settings.endpoint}:6443`,
      networking: { podSubnet: settings.podCidr, serviceSubnet: settings.serviceCidr },
      apiServer: {
        certSANs: [...new Set([settings.endpoint, ...apiServerNames, "127.0.0.1", "localhost"])],
        ...(settings.encryptSecrets && { extraArgs: [encryptionProviderConfig] }),
      },
    },
    { apiVersion: "kubelet.config.k8s.io/v1beta1", kind: "KubeletConfiguration", cgroupDriver: "systemd" },
    // The kernel's own limit is ample, in a container it can't be changed, and on someone's host it need not be.
    { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", conntrack: { maxPerCore: 0 } },
  );
}

/** Configuration for a worker's `kubeadm join`. Its kubeconfig pins the cluster's CA, and shows the worker as its own node. */
export function joinConfig(host: string, address: string): string {
  return documents({
    apiVersion,
    kind: "JoinConfiguration",
    discovery,
    nodeRegistration: nodeRegistration(host, address),
    patches,
  });
}

/**
 * Configuration for a control plane's `kubeadm join`.
 *
 * @param certificateKey unlocks the certificates that init has put into the cluster; a secret
 */
export function controlPlaneJoinConfig(
  settings: ClusterSettings,
  host: string,
  address: string,
  certificateKey: string,
): string {
  return documents({
    apiVersion,
    kind: "JoinConfiguration",
    discovery,
    nodeRegistration: {
      ...controlPlaneRegistration(host, address),
      ...(settings.scheduleOnControlPlane && { taints: [] }),
    },
    controlPlane: { localAPIEndpoint: { advertiseAddress: address }, certificateKey },
    patches,
  });
}

/** What can't change while the cluster runs: a control plane compares it with what the cluster was made with. */
export function fixedSettings({ endpoint, podCidr, serviceCidr, encryptSecrets }: ClusterSettings): string {
  return Object.entries({ endpoint, podCidr, serviceCidr, encryptSecrets })
    .map(([key, value]) => `${key} ${value}`)
    .join("\n");
}

/** Where the scripts put the kubeconfig to join with, while they run. */
const discovery = { file: { kubeConfigPath: "/run/kubeadm-kafka-scripts/scratch/join.conf" } };

/** What init.sh writes, and control planes that join fetch. */
const encryptionProviderConfig = {
  name: "encryption-provider-config",
  value: "/etc/kubernetes/pki/kubeadm-kafka-encryption.yaml",
};

/** Where prepare.sh puts what is special to a host's kubelet. */
const patches = { directory: "/var/lib/kubeadm-kafka/patches" };

function nodeRegistration(host: string, address: string) {
  return {
    name: host,
    criSocket: "unix:///run/containerd/containerd.sock",
    kubeletExtraArgs: [{ name: "node-ip", value: address }],
  };
}

/** A disk of its own for etcd has a folder lost+found. The preflight has refused a host with anything else there. */
function controlPlaneRegistration(host: string, address: string) {
  return { ...nodeRegistration(host, address), ignorePreflightErrors: ["DirAvailable--var-lib-etcd"] };
}

function documents(...parts: object[]): string {
  return parts.map((part) => dump(part, { lineWidth: -1 })).join("---\n");
}
