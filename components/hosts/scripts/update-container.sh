#!/usr/bin/env bash
# Changes the limits of a running container host. Refuses changes that need a new container, which would be another host.
# Standard input is the key that may log in to this stack's containers.
# Inputs: CONTAINER HOST_NAME NETWORK ADDRESS MEMORY CPUS
set -euo pipefail

owner=$(docker container inspect --format '{{index .Config.Labels "kubeadm-kafka.key"}}' "$CONTAINER" 2>/dev/null || true)
if [ "$owner" != "$(cat)" ]; then
  echo "host $HOST_NAME: its container $CONTAINER is gone; remove the host from the config, run up, and add it again" >&2
  exit 1
fi
address=$(docker container inspect --format "{{(index .NetworkSettings.Networks \"$NETWORK\").IPAMConfig.IPv4Address}}" "$CONTAINER")
if [ "$address" != "$ADDRESS" ]; then
  echo "host $HOST_NAME: a container keeps its address, and so hosts.containers[].address can't change to $ADDRESS; set" \
    "$address again, or take the host off the list, run up, and add it anew [KK730]" >&2
  exit 1
fi
docker update --memory "${MEMORY:-0}" --memory-swap "${MEMORY:--1}" --cpus "${CPUS:-0}" "$CONTAINER" >/dev/null
# The output stays the host's public key.
echo "$PULUMI_COMMAND_STDOUT"
