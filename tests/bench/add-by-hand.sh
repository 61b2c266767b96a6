#!/usr/bin/env bash
# The commands that a person would type to add a worker to an existing cluster, without a pause: they prepare and join the host, and wait
# until its node is ready.
#   ADDRESS NAME  of the new host
#   KUBECONFIG    of the cluster; the rest is by-hand-steps.sh's
set -euo pipefail
# shellcheck source=tests/bench/by-hand-steps.sh
source "${BASH_SOURCE[0]%/*}/by-hand-steps.sh"

prepare "$ADDRESS" "$NAME"
join "$ADDRESS"
kubectl wait "node/$NAME" --for=create --timeout 5m
kubectl wait "node/$NAME" --for=condition=Ready --timeout 5m
