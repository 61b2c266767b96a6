#!/usr/bin/env bash
# Removes the hosts' network if a stack created it and it has no containers left, including stopped ones. The image stays, as
# pulled images do.
# Inputs: NETWORK
set -euo pipefail

maker=$(docker network inspect --format '{{index .Labels "kubeadm-kafka"}}' "$NETWORK" 2>/dev/null || true)
if [ -n "$maker" ] && [ -z "$(docker ps --all --quiet --filter "network=$NETWORK")" ]; then
  docker network rm "$NETWORK" >/dev/null
fi
