#!/usr/bin/env bash
# Refuses a change that would stop or replace two machines in one run. Prints the machines, with which the next run compares.
# Inputs: MACHINES (lines of NAME DESCRIPTION). PULUMI_COMMAND_STDOUT has the former ones.
set -euo pipefail

changed=$(awk 'NR == FNR { was[$1] = $0; next } $1 in was && was[$1] != $0 { print $1 }' \
  <(printf '%s\n' "${PULUMI_COMMAND_STDOUT:-}") <(printf '%s\n' "$MACHINES") | xargs)
if [[ $changed == *' '* ]]; then
  echo "this would stop or replace $changed in one run; change one instance, \`bin/pulumi up\`, then the next" >&2
  exit 1
fi
printf '%s\n' "$MACHINES"
