#!/usr/bin/env bash
# Removes the hosts' network if a stack made it and no container, not even a stopped one, is left on it. The image stays, as
# pulled ones do.
set -euo pipefail

maker=$(docker network inspect --format '{{index .Labels "kubeadm-kafka"}}' "$NETWORK" 2>/dev/null || true)
if [ -n "$maker" ] && [ -z "$(docker ps --all --quiet --filter "network=$NETWORK")" ]; then
  docker network rm "$NETWORK" >/dev/null
fi
