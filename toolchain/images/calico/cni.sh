#!/usr/bin/env bash
# Calico's CNI plugins and their installer, with the reference plugins that its network configuration chains.
set -euo pipefail
source toolchain/images/lib/image.sh

bin=$WORK/root/opt/cni/bin
mkdir -p "$bin"
cp "$CALICO_DIR"/{install,calico} "$bin"
# One program under two names, as upstream has it.
ln "$bin/calico" "$bin/calico-ipam"
cp "$COMPONENTS_DIR"/{bandwidth,host-local,loopback,portmap,tuning} "$bin"

image "$IMAGE" "$(layer "$WORK/root" 0 .)" -- --cmd /opt/cni/bin/install --workdir /opt/cni/bin --env "PATH=/opt/cni/bin:$IMAGE_PATH"
