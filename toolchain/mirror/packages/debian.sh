#!/usr/bin/env bash
# Debian's packages for hosts, with all that they depend on: OUT/*.deb. PACKAGES: their names.
set -euo pipefail
source toolchain/images/lib/debian.sh

read -ra packages <<<"$PACKAGES"
# Nothing is taken as installed: what is on a host may be older than what these depend on.
DEBIAN_ASSUMED=()
debian_download /dev/null "$OUT" "${packages[@]}"
rm -r "$OUT/partial" "$OUT/status"
