#!/usr/bin/env bash
# Checks the rules of CONTRIBUTING.md that programs can check. Runs each of them, and prints how many files it checked and how
# long that took. Fails if a rule fails.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
PATH=$PWD/node_modules/.bin:$PATH
mkdir -p build/lint

failed=0
# rule NAME FILES COMMAND…
rule() {
  local name=$1 files=$2 start=${EPOCHREALTIME/./} output mark=ok
  shift 2
  if ! output=$("$@" 2>&1); then
    failed=1 mark=FAILED
    printf '%s\n' "$output" >&2
  fi
  awk -v name="$name" -v files="$files" -v micros="$((${EPOCHREALTIME/./} - start))" -v mark="$mark" \
    'BEGIN { printf "%-14s %4d files  %5.1f s  %s\n", name, files, micros / 1e6, mark }'
}

count() { git ls-files --cached --others --exclude-standard "$@" | wc -l; }

typescript=$(count '*.ts')
texts=$(count '*.ts' '*.js' '*.cjs' '*.mjs' '*.json' '*.jsonc' '*.md' '*.yaml' '*.yml')
rule "types" "$typescript" tsc --incremental --tsBuildInfoFile build/lint/types.json
rule "code" "$typescript" eslint .
rule "imports" "$typescript" depcruise --output-type err index.ts config stacks components plugins toolchain docs tests
rule "dead exports" "$typescript" knip
rule "format" "$texts" prettier --check --log-level warn --cache --cache-location build/lint/format.json .
rule "yaml" "$(count '*.yaml' '*.yml')" toolchain/scripts/check-yaml.sh
rule "shell" "$(count '*.sh' .ci/run bin/pulumi)" toolchain/scripts/check-shell.sh

exit "$failed"
