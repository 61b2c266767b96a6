#!/usr/bin/env bash
# Debian's nginx in the layout of upstream's image: /usr/share/nginx/html on port 80, logs to the container's.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

DEBIAN_ASSUMED+=(iproute2)
debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" nginx
debian_unpack "$WORK/root" "$WORK"/debs/*.deb
cp toolchain/images/nginx.conf "$WORK/root/etc/nginx/nginx.conf"
mkdir -p "$WORK/root/var/log/nginx"
ln -s /dev/stdout "$WORK/root/var/log/nginx/access.log"
ln -s /dev/stderr "$WORK/root/var/log/nginx/error.log"

image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$WORK/root" 0 .)" -- \
  --cmd nginx --cmd -g --cmd 'daemon off;' --exposed-ports 80 --env "PATH=$IMAGE_PATH"
