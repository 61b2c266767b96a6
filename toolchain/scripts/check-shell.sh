#!/usr/bin/env bash
# Checks every shell script that git knows with shellcheck.
set -euo pipefail
cd "$(dirname "$0")/../.."

command -v shellcheck >/dev/null || toolchain/setup/packages.sh shellcheck
git ls-files --cached --others --exclude-standard -z '*.sh' .ci/run bin/pulumi | xargs --null shellcheck
