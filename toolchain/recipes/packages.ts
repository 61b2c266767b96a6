import { controlPlaneImages } from "../../components/artifacts/images";
import type { KubernetesRelease } from "../../components/artifacts/kubernetesReleases";
import { directoryVariable, type Recipe } from "../engine/recipe";
import { debianSettings } from "./debian";
import { components, firstRelease, kubernetes } from "./goCluster";
import { programsOf, slug } from "./goReleases";
import type { Piece } from "./piece";

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
  // A worker's way to several control planes, and backups' way to a bucket.
  ...["haproxy", "curl"],
];

const debian: Piece = {
  brings: ["Debian's packages"],
  recipe: {
    name: "packages-debian",
    summary: "Debian's packages for hosts, containerd first",
    inputs: ["toolchain/images/lib/debian.sh"],
    settings: { ...debianSettings, PACKAGES: debianPackages.join(" ") },
    script: "toolchain/mirror/packages/debian.sh",
    usual: { seconds: 8, megabytes: 70 },
  },
};

/** All packages that hosts of a Kubernetes release need. */
export function packagesOf(release: KubernetesRelease): Piece[] {
  return [...(release === firstRelease ? [inOneRecipe(release)] : apart(release)), debian];
}

function inOneRecipe({ version, criTools, kubernetesCni }: KubernetesRelease): Piece {
  return {
    brings: [`kubernetes-${version}`, `cri-tools-${criTools}`, `kubernetes-cni-${kubernetesCni}`],
    recipe: {
      name: "packages-kubernetes",
      summary: "kubelet, kubeadm, kubectl, cri-tools and kubernetes-cni as Debian packages",
      inputs: ["toolchain/mirror/packages"],
      settings: {
        KUBERNETES: `${version}-${revision}`,
        CRI_TOOLS: `${criTools}-${revision}`,
        KUBERNETES_CNI: `${kubernetesCni}-${revision}`,
        CNI_PLUGINS: cniPlugins.join(" "),
      },
      needs: [kubernetes, components],
      script: "toolchain/mirror/packages/kubernetes.sh",
      usual: { seconds: 5, megabytes: 95 },
    },
  };
}

/** Releases may share cri-tools and kubernetes-cni, so that each has a recipe of its own. */
function apart(release: KubernetesRelease): Piece[] {
  const { version, criTools, kubernetesCni } = release;
  const programs = programsOf(release);
  const images = controlPlaneImages(version);
  return [
    packagesPiece("kubernetes", version, ["kubelet", "kubeadm", "kubectl"], programs.kubernetes, images),
    packagesPiece("cri-tools", criTools, ["cri-tools"], programs.criTools),
    packagesPiece("kubernetes-cni", kubernetesCni, ["kubernetes-cni"], programs.cni),
  ];
}

/** @param images what kubeadm must ask for, where it is one of the programs */
function packagesPiece(
  name: string,
  version: string,
  packages: readonly string[],
  programs: Recipe,
  images: readonly string[] = [],
): Piece {
  const recipe: Recipe = {
    name: slug(`packages-${name}-${version}`),
    summary: `${packages.join(", ")} ${version} as Debian packages`,
    inputs: ["toolchain/mirror/packages"],
    settings: {
      PACKAGES: packages.join(" "),
      VERSION: version,
      REVISION: revision,
      FROM: directoryVariable(programs),
      CNI_PLUGINS: cniPlugins.join(" "),
      IMAGES: images.join(" "),
    },
    needs: [programs],
    script: "toolchain/mirror/release-packages.sh",
    usual: { seconds: 5, megabytes: 80 },
  };
  return { brings: [`${name}-${version}`], recipe };
}
