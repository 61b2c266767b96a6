#!/usr/bin/env bash
# Runs parts of the story of years, in order: run.sh [PART…]. Without an argument all of them. The next part begins
# with the cluster that the one before has left, or makes one if that has failed; the last one removes it, unless
# LEAVE is set. LEAVE=1 with a single part leaves the cluster for another one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../.."

all=(times upgrades keys certificates authorities restore os)
if (($#)); then parts=("$@"); else parts=("${all[@]}"); fi
for part in "${parts[@]}"; do
  [[ " ${all[*]} " == *" $part "* ]] || { echo "$part is no part; there are: ${all[*]}" >&2 && exit 1; }
done

# Only upgrades need more than one Kubernetes, and its conformance tests, which takes long to build.
versions='' conformance=''
if [[ " ${parts[*]} " =~ \ (times|upgrades)\  ]]; then
  versions=$(sed --quiet 's/^ *version: "\(.*\)",$/\1/p' components/artifacts/kubernetesReleases.ts | xargs)
fi
if [[ " ${parts[*]} " == *" upgrades "* ]]; then conformance=yes; fi
make --no-print-directory toolchain versions="$versions" conformance="$conformance"
tests/e2e/set-up.sh
(($# == 1)) || rm -f build/e2e-years.json # a part that is run alone replaces its own figures
# shellcheck source=/dev/null
source build/toolchain/env

failed=()
for part in "${parts[@]}"; do
  leave=${LEAVE:-}
  [[ $part == "${parts[-1]}" ]] || leave=1
  LEAVE=$leave node node_modules/.bin/jest --config tests/e2e/years/jest.config.js "years/$part\.e2e" || failed+=("$part")
done
((${#failed[@]} == 0)) || { echo "failed: ${failed[*]}" >&2 && exit 1; }
