import { releaseOf, type KubernetesRelease } from "../../components/artifacts/kubernetesReleases";
import { versions } from "../../components/artifacts/versions";
import { goRecipe } from "./goRecipe";

/** What runs on the hosts, from Go modules. Packages and images are made of these. */

/**
 * The release that the toolchain built first, when there was no other. Its recipes have no version in their names. A name is part
 * of a recipe's key, so that it stays: what was built stays in use. goReleases.ts has the other releases.
 */
export const firstRelease = releaseOf("1.34.4");

/** kubeadm, kubelet, kubectl, kube-apiserver, kube-controller-manager, kube-scheduler and kube-proxy. */
export const kubernetes = goRecipe({
  name: "kubernetes",
  summary: `Kubernetes ${firstRelease.version}`,
  variables: kubernetesVariables(firstRelease),
  usual: { seconds: 300, megabytes: 540 },
});

/** pause, which holds a pod's namespaces open. It is the same in all releases. */
export const pause = goRecipe({
  name: "pause",
  summary: "the pause program",
  packages: ".",
  usual: { seconds: 10, megabytes: 2 },
});

/** etcd, etcdctl, etcdutl, crictl and the CNI reference plugins. */
export const components = goRecipe({
  name: "components",
  summary: "etcd, crictl and the CNI plugins",
  variables: criToolsVariables(firstRelease),
  rename: { server: "etcd" },
  usual: { seconds: 120, megabytes: 135 },
});

/** coredns. Apart from the others, since it needs an older client-go than they do. */
export const coredns = goRecipe({
  name: "coredns",
  summary: `CoreDNS ${firstRelease.coredns}`,
  usual: { seconds: 90, megabytes: 75 },
});

/** calico-node, calico (CNI), install, kube-controllers and check-status, which its probes run. */
export const calico = goRecipe({
  name: "calico",
  summary: `Calico ${versions.calico}`,
  usual: { seconds: 240, megabytes: 270 },
});

/** local-path-provisioner. */
export const localPath = goRecipe({
  name: "local-path",
  summary: `local-path-provisioner ${versions.localPathProvisioner}`,
  variables: { "main.VERSION": versions.localPathProvisioner },
  usual: { seconds: 60, megabytes: 40 },
});

/** crane, which puts images into a registry. */
export const crane = goRecipe({
  name: "crane",
  summary: "crane, which fills the mirror's registry",
  folder: "toolchain/go/registry",
  usual: { seconds: 30, megabytes: 12 },
});

/** What the linker sets in Kubernetes' programs. kubeadm refuses to run without it. */
export function kubernetesVariables({ version }: Pick<KubernetesRelease, "version">): Record<string, string> {
  const component = "k8s.io/component-base/version";
  const [major = "", minor = ""] = version.split(".");
  return {
    [`${component}.gitVersion`]: `v${version}`,
    [`${component}.gitMajor`]: major,
    [`${component}.gitMinor`]: minor,
    [`${component}.gitTreeState`]: "clean",
  };
}

/** What the linker sets in crictl. */
export function criToolsVariables({ criTools }: KubernetesRelease): Record<string, string> {
  return { "sigs.k8s.io/cri-tools/pkg/version.Version": criTools };
}
