#!/usr/bin/env bash
# kube-proxy with the tools that it programs the kernel with.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" iptables nftables conntrack ipset kmod
debian_unpack "$WORK/root" "$WORK"/debs/*.deb
debian_iptables "$WORK/root"
install -D "$KUBERNETES_DIR/kube-proxy" "$WORK/root/usr/local/bin/kube-proxy"

image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$WORK/root" 0 .)" -- --entrypoint /usr/local/bin/kube-proxy --env "PATH=$IMAGE_PATH"
