#!/usr/bin/env bash
# Creates and starts a container that is a host: systemd as process 1, SSH and the API server's port published on loopback.
# Run where Pulumi runs. Settings come by environment; standard input holds the public key that may log in (first line)
# and the private key that the host identifies itself with (the rest). Prints the container's id. Safe to run again.
set -euo pipefail

read -r authorized_key
host_key=$(cat)

owner=$(docker container inspect --format '{{index .Config.Labels "kubeadm-kafka"}}' "$CONTAINER" 2>/dev/null || true)
if [ "$owner" = "$STACK" ]; then
  docker rm --force --volumes "$CONTAINER" >/dev/null # of an attempt that was cut short
fi

options=(
  --name "$CONTAINER" --hostname "$HOST_NAME" --label "kubeadm-kafka=$STACK"
  --network "$NETWORK" --ip "$ADDRESS"
  --publish "127.0.0.1:$SSH_PORT:22" --publish "127.0.0.1:$API_PORT:6443"
  --env container=docker --env "GUARDED_RANGES=$GUARDED_RANGES"
  # Not --privileged: that asks for a capability that a sandboxed machine may lack (SYS_RESOURCE), and nothing here needs it.
  --cap-add ALL --cap-drop SYS_RESOURCE --device-cgroup-rule 'a *:* rwm' --cgroupns=private
  --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined
  --tmpfs /run --tmpfs /tmp:exec
  # An overlay can't lie on an overlay: containerd's images and containers need a volume.
  --volume /var/lib/containerd
  --stop-signal SIGRTMIN+3 --restart unless-stopped
)
if [ -d /lib/modules ]; then options+=(--volume /lib/modules:/lib/modules:ro); fi
if [ -n "${MEMORY:-}" ]; then options+=(--memory "$MEMORY"); fi
if [ -n "${CPUS:-}" ]; then options+=(--cpus "$CPUS"); fi
id=$(docker create "${options[@]}" "$IMAGE")

keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
install -D -m 600 /dev/stdin "$keys/etc/ssh/ssh_host_ed25519_key" <<<"$host_key"
for home in root home/admin; do
  install -D -m 644 /dev/stdin "$keys/$home/.ssh/authorized_keys" <<<"$authorized_key"
done
tar --create --owner=0 --group=0 --directory "$keys" etc root home | docker cp - "$CONTAINER:/"

docker start "$CONTAINER" >/dev/null
echo "$id"
