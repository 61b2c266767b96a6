#!/usr/bin/env bash
# Removes a container host with its volumes if it is this stack's: then the key on standard input may log in. Runs where Pulumi
# runs.
# Inputs: CONTAINER
set -euo pipefail

owner=$(docker container inspect --format '{{index .Config.Labels "kubeadm-kafka.key"}}' "$CONTAINER" 2>/dev/null || true)
if [ "$owner" = "$(cat)" ]; then
  docker rm --force --volumes "$CONTAINER" >/dev/null
fi
