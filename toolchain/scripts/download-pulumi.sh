#!/usr/bin/env bash
# Pulumi's published CLI and language hosts into OUT, as its own installer does.
#   VERSION  of the release
#   FROM     base URL of the releases
set -euo pipefail

os=$(uname -s | tr '[:upper:]' '[:lower:]')
arch=$(uname -m | sed 's/x86_64/x64/; s/aarch64/arm64/')

curl --fail --location --silent --show-error --retry 3 "$FROM/pulumi-v$VERSION-$os-$arch.tar.gz" |
  tar --extract --gzip --strip-components=1 --directory="$OUT"
test -x "$OUT/pulumi" -a -x "$OUT/pulumi-language-nodejs"
