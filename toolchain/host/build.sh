#!/usr/bin/env bash
# A container host's root filesystem from Debian's packages: OUT/rootfs.tar.gz. Run by the toolchain. SUITE: the release, if not Debian 12.
set -euo pipefail
cd "$(dirname "$0")"

# shellcheck disable=SC2016 # $1 is for mmdebstrap, which runs the hooks with the root filesystem as argument
mmdebstrap --variant=minbase --include="$(paste -sd, packages.txt)" \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --customize-hook='copy-in customize.sh /tmp' --customize-hook='chroot "$1" sh /tmp/customize.sh' --customize-hook='rm "$1/tmp/customize.sh"' \
  --customize-hook='upload entrypoint.sh /usr/local/sbin/host-entrypoint' --customize-hook='chmod 755 "$1/usr/local/sbin/host-entrypoint"' \
  "${SUITE:-bookworm}" - | gzip -1 >"$OUT/rootfs.tar.gz"
