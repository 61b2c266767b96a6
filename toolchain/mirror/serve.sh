#!/usr/bin/env bash
# Serves a mirror to the container hosts: a Docker container on their network, with no published port, so that nothing
# outside this machine reaches it.
#   serve.sh start MIRROR SERVER   serves the folder MIRROR by the program SERVER; does nothing where it does so already
#   serve.sh status                prints what is served, or fails
#   serve.sh stop
set -euo pipefail

readonly NETWORK=${NETWORK:-kubeadm-kafka} SUBNET=${SUBNET:-172.30.0.0/24} ADDRESS=${ADDRESS:-172.30.0.2}
readonly CONTAINER=kubeadm-kafka-mirror
# Label of the container: what it serves, and by what.
readonly SERVES=kubeadm-kafka.serves

start() {
  local mirror=$1 server=$2
  # One at a time: all checkouts share the container, and the folder that their mirrors lie in.
  exec 9<"${mirror%/*}"
  flock 9
  if [[ $(status || true) != "$mirror $server" ]]; then
    stop
    docker network inspect "$NETWORK" >/dev/null 2>&1 || docker network create --subnet "$SUBNET" "$NETWORK" >/dev/null
    run "$mirror" "$server"
  fi
  await_answer
  docker update --restart unless-stopped "$CONTAINER" >/dev/null
}

# run MIRROR SERVER: the program is static, so it needs no more of an image than its own file.
run() {
  local mirror=$1 server=$2 image
  image=$(tar --create --directory "${server%/*}" "${server##*/}" | docker import - "$CONTAINER")
  docker run --detach --name "$CONTAINER" --label "$SERVES=$mirror $server" \
    --network "$NETWORK" --ip "$ADDRESS" --read-only --cap-drop ALL --mount "type=bind,source=$mirror,target=/srv,readonly" \
    "$image" "/${server##*/}" -root /srv -listen :5000 >/dev/null
}

# The server prints its address once it answers; should it never come to that, its log says why.
await_answer() {
  until docker logs "$CONTAINER" 2>/dev/null | grep --quiet .; do
    if ! status >/dev/null; then
      docker logs "$CONTAINER" >&2
      exit 1
    fi
    sleep 0.1
  done
}

status() {
  local state
  state=$(docker inspect --format "{{.State.Running}} {{index .Config.Labels \"$SERVES\"}}" "$CONTAINER" 2>/dev/null) &&
    [[ $state == true\ * ]] && echo "${state#true }"
}

stop() {
  docker rm --force "$CONTAINER" >/dev/null 2>&1 || true
  docker image rm "$CONTAINER" >/dev/null 2>&1 || true
}

"$@"
