#!/usr/bin/env bash
# Pulumi's published CLI and language hosts into OUT, as its own installer does.
#   VERSION  of the release
#   FROM     base URL of the releases
set -euo pipefail
source toolchain/scripts/download.sh

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')
archive=pulumi-v$VERSION-$os-$arch.tar.gz
download "$FROM/$archive" "$WORK/$archive" "$FROM/pulumi-$VERSION-checksums.txt"
tar --extract --gzip --strip-components=1 --directory="$OUT" --file "$WORK/$archive"
test -x "$OUT/pulumi" -a -x "$OUT/pulumi-language-nodejs"
