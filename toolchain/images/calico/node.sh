#!/usr/bin/env bash
# calico-node under runit, with the services of Calico's own source. Without BIRD: no BGP, so encapsulation is VXLAN.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" runit iptables nftables ipset conntrack iproute2 net-tools kmod procps
debian_unpack "$WORK/root" "$WORK"/debs/*.deb
debian_iptables "$WORK/root"
rm "$WORK/root/etc/service" # Debian's link
install "$CALICO_DIR/calico-node" "$WORK/root/usr/bin/calico-node"
cp -r "$CALICO_DIR/node-filesystem/." "$WORK/root"
# Go's module cache keeps no modes.
find "$WORK/root/etc/service" -name run -exec chmod +x {} +
chmod +x "$WORK/root/etc/rc.local" "$WORK/root/usr/sbin/start_runit"

# Built without cgo, the clean-up of a BPF feature that isn't in use panics; the variable skips it.
image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$WORK/root" 0 .)" -- --cmd start_runit \
  --env "PATH=$IMAGE_PATH" --env SVDIR=/etc/service/enabled --env FELIX_DebugSkipCTLBCleanup=true
