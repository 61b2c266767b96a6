#!/usr/bin/env bash
# Removes the hosts' network if this stack made it and nobody else is on it. The image stays, as pulled ones do.
set -euo pipefail

found=$(docker network inspect --format '{{index .Labels "kubeadm-kafka"}} {{len .Containers}}' "$NETWORK" 2>/dev/null || true)
if [ "$found" = "$STACK 0" ]; then
  docker network rm "$NETWORK" >/dev/null
fi
