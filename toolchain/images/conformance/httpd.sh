#!/usr/bin/env bash
# A web server with Apache's folder and port, which is all that Kubernetes' tests of StatefulSets want of it. BusyBox's.
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download /dev/null "$WORK/debs" busybox-static
dpkg-deb --extract "$WORK"/debs/busybox-static_*.deb "$WORK/unpacked"
install -D "$WORK/unpacked/bin/busybox" "$WORK/root/bin/busybox"
for name in cat httpd ls mv sh sleep; do
  ln -s busybox "$WORK/root/bin/$name"
done
mkdir -m 1777 "$WORK/root/tmp"
install -D --mode 644 /dev/stdin "$WORK/root/usr/local/apache2/htdocs/index.html" <<<'<html><body><h1>It works!</h1></body></html>'

image "$IMAGE" "$(layer "$WORK/root" 0 .)" -- \
  --cmd httpd --cmd -f --cmd -v --cmd -h --cmd /usr/local/apache2/htdocs --exposed-ports 80 --env "PATH=$IMAGE_PATH"
