#!/usr/bin/env bash
# Kubernetes' published kubectl into OUT.
#   VERSION  with its v
#   FROM     base URL of the releases
set -euo pipefail
source toolchain/scripts/download.sh

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
download "$FROM/$VERSION/bin/$os/$arch/kubectl" "$OUT/kubectl"
chmod 755 "$OUT/kubectl"
