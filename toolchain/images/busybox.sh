#!/usr/bin/env bash
# Debian's static BusyBox under all of its names.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download /dev/null "$WORK/debs" busybox-static
dpkg-deb --extract "$WORK"/debs/busybox-static_*.deb "$WORK/unpacked"
install -D "$WORK/unpacked/bin/busybox" "$WORK/root/bin/busybox"
mkdir -m 1777 "$WORK/root/tmp"
"$WORK/root/bin/busybox" --list | while read -r name; do
  [[ $name == busybox ]] || ln -s busybox "$WORK/root/bin/$name"
done

image "$IMAGE" "$(layer "$WORK/root" 0 .)" -- --cmd sh --env "PATH=$IMAGE_PATH"
