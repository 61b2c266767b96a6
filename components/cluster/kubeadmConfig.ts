import { dump } from "js-yaml";
import { type CertificateTimes, DEFAULT_TIMES, goDuration } from "./certificates/timesPlan";
import { apiServerConfig, type ApiServerSettings, cipherSuites, controllerConfig } from "./apiServerConfig";

/** Settings of a cluster that kubeadm gets. */
export interface ClusterSettings extends ApiServerSettings {
  /** Kubernetes version, without a "v". @example "1.34.4" */
  readonly version: string;
  /** DNS name of the API server, the same for one control plane and for several behind a load balancer. */
  readonly endpoint: string;
  /** IPv4 range of pods. @example "10.244.0.0/16" */
  readonly podCidr: string;
  /** IPv4 range of services. @example "10.96.0.0/12" */
  readonly serviceCidr: string;
  /** Whether ordinary pods may run on control planes. */
  readonly scheduleOnControlPlane: boolean;
  /** How long certificates are valid. @default DEFAULT_TIMES */
  readonly certificateTimes?: CertificateTimes | undefined;
  /** Number of the cluster's authorities, where they may be exchanged. @default those that the cluster was made with */
  readonly authorityGeneration?: number | undefined;
}

const apiVersion = "kubeadm.k8s.io/v1beta4";

/**
 * Configuration for `kubeadm init`.
 *
 * @param address at which the other hosts reach this one
 * @param apiServerNames names and addresses at which clients outside reach the API servers. The certificates include all of them,
 *   since not every client can be configured to expect another name.
 * @see https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
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
      // kubeadm always creates a bootstrap token. Nodes join by certificates of their own, so the token expires at once.
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
      ...certificateValidity(settings),
      networking: { podSubnet: settings.podCidr, serviceSubnet: settings.serviceCidr },
      apiServer: {
        certSANs: [...new Set([settings.endpoint, ...apiServerNames, "127.0.0.1", "localhost"])],
        ...apiServerConfig(settings),
      },
      controllerManager: controllerConfig(signingFlags(settings)),
      scheduler: controllerConfig(),
    },
    {
      apiVersion: "kubelet.config.k8s.io/v1beta1",
      kind: "KubeletConfiguration",
      cgroupDriver: "systemd",
      seccompDefault: true,
      serverTLSBootstrap: true, // scripts/approve-kubelets.sh approves what the kubelet asks for
      streamingConnectionIdleTimeout: "4h0m0s", // the default, which kubeadm would write as 0s
      tlsCipherSuites: cipherSuites,
    },
    // 0 keeps the kernel's limit, which is ample. A container can't change it.
    { apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", conntrack: { maxPerCore: 0 } },
  );
}

/** Part of a ClusterConfiguration. kubeadm's default isn't named, so that clusters of earlier versions keep their configuration. */
function certificateValidity({ certificateTimes: { validity } = DEFAULT_TIMES }: ClusterSettings) {
  return validity === DEFAULT_TIMES.validity ? {} : { certificateValidityPeriod: goDuration(validity) };
}

/**
 * The controller manager refuses to sign by a file with several certificates, as the authority's file has during an exchange. It
 * therefore gets a file of its own, see scripts/lib/authorities.sh.
 */
function signingFlags({ authorityGeneration }: ClusterSettings): Record<string, string> {
  if (authorityGeneration === undefined) return {};
  return { "cluster-signing-cert-file": "/etc/kubernetes/pki/kubeadm-kafka-signer.crt" };
}

/** Configuration for a worker's `kubeadm join`. The discovery file pins the cluster's CA and has the worker's own certificate. */
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
 * @param certificateKey decrypts the certificates that `kubeadm init --upload-certs` put into the cluster. Secret.
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

/** Settings that can't change while the cluster runs. Control planes compare them with those that the cluster was made with. */
export function fixedSettings(settings: ClusterSettings): string {
  const { endpoint, podCidr, serviceCidr, encryptSecrets } = settings;
  return Object.entries({ endpoint, podCidr, serviceCidr, ...(!settings.secretsEncryption && { encryptSecrets }) })
    .map(([key, value]) => `${key} ${value}`)
    .join("\n");
}

/** The kubeconfig to join with, which exists while a script runs. */
const discovery = { file: { kubeConfigPath: "/run/kubeadm-kafka-scripts/scratch/join.conf" } };

/** Folder in which prepare.sh writes the settings of a host's own kubelet. */
const patches = { directory: "/var/lib/kubeadm-kafka/patches" };

function nodeRegistration(host: string, address: string) {
  return {
    name: host,
    criSocket: "unix:///run/containerd/containerd.sock",
    kubeletExtraArgs: [{ name: "node-ip", value: address }],
  };
}

/**
 * kubeadm requires an empty /var/lib/etcd, but a disk of its own has lost+found. The preflight refuses a host with anything else
 * there.
 */
function controlPlaneRegistration(host: string, address: string) {
  return { ...nodeRegistration(host, address), ignorePreflightErrors: ["DirAvailable--var-lib-etcd"] };
}

function documents(...parts: object[]): string {
  return parts.map((part) => dump(part, { lineWidth: -1 })).join("---\n");
}
