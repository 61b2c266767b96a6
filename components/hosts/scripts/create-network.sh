#!/usr/bin/env bash
# Creates the network and builds the image of container hosts, unless they exist: another stack shares them, and the toolchain
# builds the image itself where no public base image can be pulled. Runs where Pulumi runs.
# Inputs: NETWORK SUBNET IMAGE
set -euo pipefail

if ! docker info >/dev/null 2>&1; then
  echo "Docker doesn't answer: start it, or see \`make doctor\`" >&2
  exit 1
fi
if ! docker network inspect "$NETWORK" >/dev/null 2>&1; then
  docker network create --subnet "$SUBNET" --label kubeadm-kafka=hosts "$NETWORK" >/dev/null
fi
if ! docker image inspect "$IMAGE" >/dev/null 2>&1; then
  docker build --quiet --tag "$IMAGE" toolchain/host >/dev/null
fi
