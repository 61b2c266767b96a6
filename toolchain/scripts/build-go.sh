#!/usr/bin/env bash
# Builds the programs of one of toolchain/go/* into OUT. Versions are those of its go.mod, verified by its go.sum.
#   MODULE    folder of the go.mod; a prepare.sh in it runs first, in a copy of the folder
#   PACKAGES  what to build; `tool` is all that go.mod lists as tools
#   LDFLAGS   in addition to stripping, usually versions
#   RENAME    FROM=TO … for programs whose package has an odd name
#   VERSION   for prepare.sh
set -euo pipefail

# A go.mod that wants a newer Go than the machine's gets it from the module proxy.
export GOTOOLCHAIN=auto
export CGO_ENABLED=0
export GOFLAGS="-mod=readonly -trimpath -buildvcs=false -modcacherw"
export GOCACHE="$BUILD/go-build" GOMODCACHE="$BUILD/go-mod" GOTMPDIR="$WORK"

cp -R "$MODULE" "$WORK/module"
cd "$WORK/module"
if [[ -f prepare.sh ]]; then bash prepare.sh; fi

# shellcheck disable=SC2086 # PACKAGES is a list
go build -ldflags "-s -w $LDFLAGS" -o "$OUT/" $PACKAGES

for pair in $RENAME; do mv "$OUT/${pair%%=*}" "$OUT/${pair#*=}"; done
