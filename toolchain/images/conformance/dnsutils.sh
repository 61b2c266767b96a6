#!/usr/bin/env bash
# Commands that look names up, linked against glibc.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" bind9-dnsutils libc-bin
debian_unpack "$WORK/root" "$WORK"/debs/*.deb

image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$WORK/root" 0 .)" -- --cmd bash --env "PATH=$IMAGE_PATH"
