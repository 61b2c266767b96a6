#!/usr/bin/env bash
# Removes a container host with its volumes, if it is this stack's. Run where Pulumi runs.
set -euo pipefail

owner=$(docker container inspect --format '{{index .Config.Labels "kubeadm-kafka"}}' "$CONTAINER" 2>/dev/null || true)
if [ "$owner" = "$STACK" ]; then
  docker rm --force --volumes "$CONTAINER" >/dev/null
fi
