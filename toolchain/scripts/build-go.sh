#!/usr/bin/env bash
# Builds the programs of one of toolchain/go/*: OUT/bin/*. Versions are those of its go.mod, verified by its go.sum.
#   MODULE    folder of the go.mod; a prepare.sh in it is run first
#   PACKAGES  what to build; `tool` is all that go.mod lists as tools
#   LDFLAGS   in addition to stripping, usually versions
#   RENAME    FROM=TO … for programs whose package has an odd name
#   VERSION   for prepare.sh
set -euo pipefail

export CGO_ENABLED=0
export GOFLAGS="-mod=readonly -trimpath -buildvcs=false -modcacherw"
export GOCACHE="$BUILD/go-build" GOMODCACHE="$BUILD/go-mod" GOTMPDIR="$WORK"

cp -R "$MODULE" "$WORK/module"
cd "$WORK/module"
if [[ -f prepare.sh ]]; then bash prepare.sh; fi

mkdir "$OUT/bin"
# shellcheck disable=SC2086 # PACKAGES is a list
go build -ldflags "-s -w $LDFLAGS" -o "$OUT/bin/" $PACKAGES

for pair in $RENAME; do mv "$OUT/bin/${pair%%=*}" "$OUT/bin/${pair#*=}"; done
