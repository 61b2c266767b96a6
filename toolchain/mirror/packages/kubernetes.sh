#!/usr/bin/env bash
# Kubernetes' Debian packages in the layout of upstream's, from the toolchain's binaries: OUT/*.deb.
# KUBERNETES, CRI_TOOLS, KUBERNETES_CNI: their versions, with the package revision.
set -euo pipefail
here=toolchain/mirror/packages
# Same content, same package.
export SOURCE_DATE_EPOCH=1700000000

# package NAME VERSION DESCRIPTION FIELDS...: packs WORK/NAME.
package() {
  local name=$1 version=$2 description=$3 root=$WORK/$1
  shift 3
  mkdir -p "$root/DEBIAN"
  {
    printf 'Package: %s\nVersion: %s\nArchitecture: %s\n' "$name" "$version" "$(dpkg --print-architecture)"
    printf 'Maintainer: kubeadm-kafka\nHomepage: https://kubernetes.io\nSection: admin\nPriority: optional\n'
    printf '%s\n' "$@" "Description: $description"
  } >"$root/DEBIAN/control"
  dpkg-deb --build --root-owner-group -Zzstd -z3 "$root" "$OUT" >/dev/null
}

install -D "$KUBERNETES_DIR/kubelet" "$WORK/kubelet/usr/bin/kubelet"
install -D -m 644 "$here/kubelet.service" "$WORK/kubelet/usr/lib/systemd/system/kubelet.service"
install -D -m 644 "$here/kubelet.default" "$WORK/kubelet/etc/default/kubelet"
mkdir -p "$WORK/kubelet/"{etc/kubernetes/manifests,var/lib/kubelet}
for script in postinst prerm postrm; do
  install -D "$here/kubelet.$script" "$WORK/kubelet/DEBIAN/$script"
done
echo /etc/default/kubelet >"$WORK/kubelet/DEBIAN/conffiles"
package kubelet "$KUBERNETES" "Node agent for Kubernetes clusters" \
  "Depends: kubernetes-cni (>= 1.2.0), mount, util-linux" "Recommends: iptables (>= 1.8.4)"

install -D "$KUBERNETES_DIR/kubeadm" "$WORK/kubeadm/usr/bin/kubeadm"
install -D -m 644 "$here/10-kubeadm.conf" "$WORK/kubeadm/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"
package kubeadm "$KUBERNETES" "Command-line utility for administering a Kubernetes cluster"

install -D "$KUBERNETES_DIR/kubectl" "$WORK/kubectl/usr/bin/kubectl"
package kubectl "$KUBERNETES" "Command-line utility for interacting with a Kubernetes cluster"

install -D "$COMPONENTS_DIR/crictl" "$WORK/cri-tools/usr/bin/crictl"
package cri-tools "$CRI_TOOLS" "Command-line utility for interacting with a container runtime"

mkdir -p "$WORK/kubernetes-cni/etc/cni/net.d"
read -ra plugins <<<"$CNI_PLUGINS"
for plugin in "${plugins[@]}"; do
  install -D "$COMPONENTS_DIR/$plugin" "$WORK/kubernetes-cni/opt/cni/bin/$plugin"
done
package kubernetes-cni "$KUBERNETES_CNI" "Binaries required to provision kubernetes container networking"
