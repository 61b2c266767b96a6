#!/usr/bin/env bash
# Kubernetes' published kubectl into OUT, verified by its published checksum.
#   VERSION  with its v
#   FROM     base URL of the releases
set -euo pipefail

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed 's/x86_64/amd64/; s/aarch64/arm64/')
url="$FROM/$VERSION/bin/$os/$arch/kubectl"

fetch() { curl --fail --location --silent --show-error --retry 3 "$@"; }

fetch --output "$OUT/kubectl" "$url"
printf '%s  %s\n' "$(fetch "$url.sha256")" "$OUT/kubectl" | sha256sum --check --quiet
chmod 755 "$OUT/kubectl"
