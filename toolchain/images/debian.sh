#!/usr/bin/env bash
# The layer that images with Debian's packages share: OUT/layer.tar, and the dpkg status of what is in it: OUT/status.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download /dev/null "$WORK/debs" base-files base-passwd bash coreutils dash grep sed findutils
debian_unpack "$WORK/root" "$WORK"/debs/*.deb
# What the packages' maintainer scripts would have made.
ln -s mawk "$WORK/root/usr/bin/awk"
ln -s which.debianutils "$WORK/root/usr/bin/which"
cp "$WORK/root/usr/share/base-passwd/passwd.master" "$WORK/root/etc/passwd"
cp "$WORK/root/usr/share/base-passwd/group.master" "$WORK/root/etc/group"
printf '%s\n' 'passwd: files' 'group: files' 'hosts: files dns' >"$WORK/root/etc/nsswitch.conf"

mv "$(layer "$WORK/root" 0 .)" "$OUT/layer.tar"
for deb in "$WORK"/debs/*.deb; do
  dpkg-deb --field "$deb"
  printf 'Status: install ok installed\n\n'
done >"$OUT/status"
