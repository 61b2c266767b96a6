#!/usr/bin/env bash
# Waits until a load balancer lets through to an API server. Run where Pulumi runs.
# Inputs: API_SERVER (HOST:PORT)
set -euo pipefail

deadline=$((SECONDS + 300))
until timeout 3 bash -c "</dev/tcp/${API_SERVER%:*}/${API_SERVER##*:}" 2>/dev/null; do
  if ((SECONDS > deadline)); then
    echo "$API_SERVER doesn't let through to any control plane: see the load balancer's health check and the firewall" >&2
    exit 1
  fi
  sleep 1
done
