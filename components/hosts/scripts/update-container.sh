#!/usr/bin/env bash
# Gives a running container host other limits. What can't change without a new container is refused: it would be another host.
set -euo pipefail

address=$(docker container inspect --format "{{(index .NetworkSettings.Networks \"$NETWORK\").IPAMConfig.IPv4Address}}" "$CONTAINER")
if [ "$address" != "$ADDRESS" ]; then
  echo "host $HOST_NAME: a container keeps its address ($address); to give it $ADDRESS, remove the host, run up, and add it again" >&2
  exit 1
fi
docker update --memory "${MEMORY:-0}" --memory-swap "${MEMORY:--1}" --cpus "${CPUS:-0}" "$CONTAINER" >/dev/null
# The output stays what it was: the host's public key.
echo "$PULUMI_COMMAND_STDOUT"
