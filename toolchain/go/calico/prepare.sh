#!/usr/bin/env bash
# The files of calico-node's image besides its program, from the same module: OUT/node-filesystem.
set -euo pipefail

go mod download github.com/projectcalico/calico
module=$(go list -m -f '{{.Dir}}' github.com/projectcalico/calico)
mkdir -p "$OUT/node-filesystem/usr"
cp -R "$module/node/filesystem/." "$OUT/node-filesystem"
chmod -R u+w "$OUT/node-filesystem"
mv "$OUT/node-filesystem/sbin" "$OUT/node-filesystem/usr/sbin"
