#!/usr/bin/env bash
# Checks every shell script that git knows with shellcheck, and its format with shfmt, which takes it from .editorconfig.
set -euo pipefail
cd "$(dirname "$0")/../.."

for tool in shellcheck shfmt; do
  command -v "$tool" >/dev/null || bash toolchain/setup/packages.sh "$tool"
done
scripts=$(git ls-files --cached --others --exclude-standard '*.sh' .ci/run bin/pulumi)
xargs shellcheck <<<"$scripts"
xargs shfmt --diff <<<"$scripts"
