import { versions } from "../../components/artifacts/versions";
import { goRecipe } from "./goRecipe";

/** What runs on the hosts, from Go modules. Packages and images are made of these. */

const [major = "", minor = ""] = versions.kubernetes.split(".");
const component = "k8s.io/component-base/version";

/** kubeadm, kubelet, kubectl, kube-apiserver, kube-controller-manager, kube-scheduler, kube-proxy and pause. */
export const kubernetes = goRecipe({
  name: "kubernetes",
  summary: `Kubernetes ${versions.kubernetes} and the pause program`,
  packages: "tool ./pause",
  variables: {
    // kubeadm refuses to run without these
    [`${component}.gitVersion`]: `v${versions.kubernetes}`,
    [`${component}.gitMajor`]: major,
    [`${component}.gitMinor`]: minor,
    [`${component}.gitTreeState`]: "clean",
  },
  usual: { seconds: 300, megabytes: 540 },
});

/** etcd, etcdctl, crictl and the CNI reference plugins. */
export const components = goRecipe({
  name: "components",
  summary: "etcd, crictl and the CNI plugins",
  variables: { "sigs.k8s.io/cri-tools/pkg/version.Version": versions.criTools },
  rename: { server: "etcd" },
  usual: { seconds: 120, megabytes: 135 },
});

/** coredns. Apart from the others, since it needs an older client-go than they do. */
export const coredns = goRecipe({
  name: "coredns",
  summary: `CoreDNS ${versions.coredns}`,
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
