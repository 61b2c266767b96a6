#!/usr/bin/env bash
# Puts Go VERSION into FOLDER (go.sh VERSION FOLDER) by way of Debian's Go, which is too old to build with and too old to
# fetch a newer one by itself, but able to download it as a module, verified against the checksum database.
set -euo pipefail
version=$1 folder=$2

if ! command -v go >/dev/null; then bash "$(dirname "$0")/packages.sh" golang-go ca-certificates; fi

mkdir -p "$(dirname "$folder")"
scratch=$(mktemp -d "$folder.XXXXXX")
trap 'chmod -R u+w "$scratch"; rm -rf "$scratch"' EXIT

module="golang.org/toolchain@v0.0.1-go$version.$(go env GOOS)-$(go env GOARCH)"
(cd "$scratch" && GOFLAGS=-modcacherw GOMODCACHE="$scratch/modules" go mod download "$module")
chmod -R +x "$scratch/modules/$module/bin" "$scratch/modules/$module/pkg/tool" # a module's files carry no modes
mv "$scratch/modules/$module" "$folder"
"$folder/bin/go" version
