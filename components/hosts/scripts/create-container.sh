#!/usr/bin/env bash
# Creates and starts a container that is a host: systemd is process 1, and SSH and the API server's port are published on
# loopback. Runs where Pulumi runs. Standard input is the public key that may log in. Prints the host's public key, which is
# therefore known before the first contact; only the container has the private key.
# Inputs: CONTAINER STACK HOST_NAME IMAGE NETWORK ADDRESS SSH_PORT API_PORT GUARDED_RANGES MEMORY CPUS
#
# The key that may log in identifies the container's stack: each stack's state has its own key, while stacks of two checkouts
# may have one name. The labels of stack and checkout are for people.
set -euo pipefail
key=$(cat)

label() { docker container inspect --format "{{index .Config.Labels \"$2\"}}" "$1" 2>/dev/null || true; }

# Prints the names of containers that have this one's name or address, including stopped ones.
holders() {
  local of_network=".NetworkSettings.Networks \"$NETWORK\""
  docker ps --all --filter "name=^$CONTAINER\$" --format '{{.Names}}'
  docker ps --all --filter "network=$NETWORK" --format '{{.Names}}' | while read -r name; do
    docker container inspect --format "$name {{with index $of_network}}{{with .IPAMConfig}}{{.IPv4Address}}{{end}} {{.IPAddress}}{{end}}" "$name"
  done 2>/dev/null | awk -v address="$ADDRESS" '$2 == address || $3 == address {print $1}'
}

refuse() {
  printf '%s\n' "host $HOST_NAME: $1; nothing was touched" "${@:2}" >&2
  exit 1
}

refuse_for() {
  local holder=$1 stack owner="not of this project"
  stack=$(label "$holder" kubeadm-kafka)
  [ -z "$stack" ] || owner="of the stack $stack in $(label "$holder" kubeadm-kafka.checkout)"
  refuse "the container $holder, $owner, has its name ($CONTAINER) or its address ($ADDRESS) [KK716]" \
    "  to have this host instead: \`make down\` there, or if nobody needs it any more: docker rm --force --volumes $holder" \
    "  to have both: give this stack another name and its hosts other addresses, see Two checkouts in README.md"
}

if [ "$(label "$CONTAINER" kubeadm-kafka.key)" = "$key" ]; then
  docker rm --force --volumes "$CONTAINER" >/dev/null # left by an interrupted attempt
fi
for holder in $(holders); do refuse_for "$holder"; done
for port in "$SSH_PORT" "$API_PORT"; do
  if (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    refuse "port $port on loopback is another program's [KK717]" \
      "  stop that, or set another address: the ports go by its last number"
  fi
done

options=(
  --name "$CONTAINER" --hostname "$HOST_NAME"
  --label "kubeadm-kafka=$STACK" --label "kubeadm-kafka.checkout=$PWD" --label "kubeadm-kafka.key=$key"
  --network "$NETWORK" --ip "$ADDRESS"
  --publish "127.0.0.1:$SSH_PORT:22" --publish "127.0.0.1:$API_PORT:6443"
  --env container=docker --env "GUARDED_RANGES=$GUARDED_RANGES"
  # Not --privileged, which includes SYS_RESOURCE: a sandboxed machine may lack that capability, and no host needs it.
  --cap-add ALL --cap-drop SYS_RESOURCE --device-cgroup-rule 'a *:* rwm' --cgroupns=private
  --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
  --tmpfs /run --tmpfs /tmp:exec
  # The container's own file system is an overlay, on which containerd can't mount its overlays.
  --volume /var/lib/containerd
  --stop-signal SIGRTMIN+3 --restart unless-stopped
)
if [ -d /lib/modules ]; then options+=(--volume /lib/modules:/lib/modules:ro); fi
if [ -n "${MEMORY:-}" ]; then options+=(--memory "$MEMORY" --memory-swap "$MEMORY"); fi
if [ -n "${CPUS:-}" ]; then options+=(--cpus "$CPUS"); fi

keys=$(mktemp -d)
unfinished=
trap 'rm -rf "$keys"; [ -z "$unfinished" ] || docker rm --force --volumes "$unfinished" >/dev/null' EXIT
unfinished=$(docker create "${options[@]}" "$IMAGE")
ssh-keygen -q -t ed25519 -N '' -C "$HOST_NAME" -f "$keys/ssh_host_ed25519_key"
docker cp "$keys/ssh_host_ed25519_key" "$CONTAINER:/etc/ssh/" >/dev/null
mkdir -m 755 "$keys/.ssh"
printf '%s\n' "$key" >"$keys/.ssh/authorized_keys"
chmod 644 "$keys/.ssh/authorized_keys"
for home in /root /home/admin; do docker cp "$keys/.ssh" "$CONTAINER:$home/" >/dev/null; done

docker start "$CONTAINER" >/dev/null
unfinished=
cut -d ' ' -f 1-2 "$keys/ssh_host_ed25519_key.pub"
