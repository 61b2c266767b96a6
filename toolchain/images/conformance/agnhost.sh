#!/usr/bin/env bash
# agnhost, which runs in most pods of Kubernetes' tests, with the commands that these call in it. Debian's in place of
# Alpine's.
#   FROM  name of the variable with the folder that agnhost is in
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" bind9-dnsutils busybox-static curl libc-bin netcat-openbsd
debian_unpack "$WORK/root" "$WORK"/debs/*.deb
ln -s nc.openbsd "$WORK/root/usr/bin/nc"
# Commands that Debian has in many packages, and Alpine in BusyBox.
for name in hostname ip ping ps wget; do
  ln -s busybox "$WORK/root/usr/bin/$name"
done

install "${!FROM}/agnhost" "${!FROM}"/agnhost-files/* "$WORK/root"
ln -s agnhost "$WORK/root/agnhost-2"
mkdir "$WORK/root/uploads"

image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$WORK/root" 0 .)" -- \
  --entrypoint /agnhost --cmd pause --env "PATH=$IMAGE_PATH"
