import { versions } from "../../components/artifacts/versions";
import type { Recipe } from "../engine/recipe";
import { debianSettings } from "./debian";
import { components, kubernetes } from "./goCluster";

/** Debian packages for the hosts. */

/** Revision of upstream's packages, so that `kubelet=1.34.4-1.1` means the same from both. */
const revision = "1.1";

/** Upstream's kubernetes-cni has all of the reference plugins. */
const cniPlugins = [
  ...["bandwidth", "bridge", "dhcp", "dummy", "firewall", "host-device", "host-local", "ipvlan", "loopback", "macvlan"],
  ...["portmap", "ptp", "sbr", "static", "tap", "tuning", "vlan", "vrf"],
];

/** What a bare host may lack of what Kubernetes' packages and nodes need. Dependencies are found by apt. */
const debianPackages = [
  ...["containerd", "runc", "iptables", "nftables", "ipset", "conntrack", "ebtables", "ethtool", "socat", "kmod"],
  ...["iproute2", "procps", "util-linux", "mount", "ca-certificates", "sudo"],
  // A worker's way to several control planes.
  "haproxy",
];

export const packageRecipes: Recipe[] = [
  {
    name: "packages-kubernetes",
    summary: "kubelet, kubeadm, kubectl, cri-tools and kubernetes-cni as Debian packages",
    inputs: ["toolchain/mirror/packages"],
    settings: {
      KUBERNETES: `${versions.kubernetes}-${revision}`,
      CRI_TOOLS: `${versions.criTools}-${revision}`,
      KUBERNETES_CNI: `${versions.kubernetesCni}-${revision}`,
      CNI_PLUGINS: cniPlugins.join(" "),
    },
    needs: [kubernetes, components],
    script: "toolchain/mirror/packages/kubernetes.sh",
    usual: { seconds: 5, megabytes: 95 },
  },
  {
    name: "packages-debian",
    summary: "Debian's packages for hosts, containerd first",
    inputs: ["toolchain/images/lib/debian.sh"],
    settings: { ...debianSettings, PACKAGES: debianPackages.join(" ") },
    script: "toolchain/mirror/packages/debian.sh",
    usual: { seconds: 8, megabytes: 70 },
  },
];
