#!/usr/bin/env bash
# Waits until connections get through a load balancer to an API server. Runs where Pulumi runs.
# Inputs: API_SERVER (HOST:PORT)
set -euo pipefail

deadline=$((SECONDS + 300))
until timeout 3 bash -c "</dev/tcp/${API_SERVER%:*}/${API_SERVER##*:}" 2>/dev/null; do
  if ((SECONDS > deadline)); then
    echo "$API_SERVER lets no connection through to a control plane: see the load balancer's health check and the firewall" >&2
    exit 1
  fi
  sleep 1
done
