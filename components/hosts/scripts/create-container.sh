#!/usr/bin/env bash
# Creates and starts a container that is a host: systemd as process 1, SSH and the API server's port published on loopback.
# Run where Pulumi runs. Settings come by environment; standard input is the public key that may log in. Prints the host's
# own public key, so that it is known before the first contact; its private half exists only in the container.
set -euo pipefail

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
if [ -n "${MEMORY:-}" ]; then options+=(--memory "$MEMORY" --memory-swap "$MEMORY"); fi
if [ -n "${CPUS:-}" ]; then options+=(--cpus "$CPUS"); fi
docker create "${options[@]}" "$IMAGE" >/dev/null

keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT
ssh-keygen -q -t ed25519 -N '' -C "$HOST_NAME" -f "$keys/ssh_host_ed25519_key"
docker cp "$keys/ssh_host_ed25519_key" "$CONTAINER:/etc/ssh/" >/dev/null
mkdir -m 755 "$keys/.ssh"
cat >"$keys/.ssh/authorized_keys"
chmod 644 "$keys/.ssh/authorized_keys"
for home in /root /home/admin; do docker cp "$keys/.ssh" "$CONTAINER:$home/" >/dev/null; done

docker start "$CONTAINER" >/dev/null
cut -d ' ' -f 1-2 "$keys/ssh_host_ed25519_key.pub"
