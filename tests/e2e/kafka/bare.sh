#!/usr/bin/env bash
# Runs a pod's broker directly on the host, for comparison: with the same files, JVM flags, user, settings and disk, but in the
# host's network, without limits, and with a log directory and a quorum of its own. Run it on the pod's host.
#   bare.sh start POD     on this host's address, at the pod's ports
#   bare.sh tool TOOL...  one of Kafka's tools, from the same files
#   bare.sh stop
set -euo pipefail
export CONTAINER_RUNTIME_ENDPOINT=unix:///run/containerd/containerd.sock

files=/var/lib/kafka-bare/files data=/var/lib/kafka-bare/data unit=kafka-bare
address=$(hostname --ip-address | cut -d ' ' -f 1)

# in_files OPTION... COMMAND...: runs a command in the image's files, as the pod's user.
in_files() {
  systemd-run --quiet --collect --property "RootDirectory=$files" --property MountAPIVFS=yes \
    --property User=1000 --property Group=1000 --property "BindPaths=$data:/var/lib/kafka" \
    --setenv JAVA_HOME=/opt/java/openjdk --setenv KAFKA_HEAP_OPTS=-Xmx256m --setenv LOG_DIR=/tmp/logs "$@"
}

# Standard input may be this script.
tool() { in_files --pipe --wait "/opt/kafka/bin/$1.sh" "${@:2}" </dev/null; }

start() {
  local pod=$1 container pid command
  stop # an interrupted run may have left one
  container=$(crictl ps --quiet --name '^kafka$' --label "io.kubernetes.pod.name=$pod")
  pid=$(crictl inspect --output go-template --template '{{.info.pid}}' "$container")
  mkdir -p "$files"
  install -d -o 1000 -g 1000 "$data"
  ctr --namespace k8s.io images mount --rw \
    "$(crictl inspect --output go-template --template '{{.status.image.image}}' "$container")" "$files" >/dev/null
  mkdir -p "$files/etc/kubeadm-kafka/config"
  cp -L "/proc/$pid/root/etc/kubeadm-kafka/config/"* "$files/etc/kubeadm-kafka/config"
  properties "/proc/$pid/root/tmp/server.properties" >"$files/etc/kubeadm-kafka/server.properties"
  readarray -d '' -t command <"/proc/$(pgrep --parent "$pid")/cmdline" # the launcher's only child is the server
  [[ ${command[-1]} == /tmp/server.properties ]]
  command[-1]=/etc/kubeadm-kafka/server.properties
  tool kafka-storage format --standalone --cluster-id="$(tool kafka-storage random-uuid)" --config "${command[-1]}" >/dev/null
  in_files --unit "$unit" "${command[@]}"
}

# Prints the pod's settings, with addresses, ids and replication factors of a single node.
properties() {
  grep --invert-match --extended-regexp \
    '^(process\.roles|node\.id|listeners|advertised\.listeners|controller\.quorum\..*|.*replication\.factor|.*min\.isr|min\.insync\.replicas)=' "$1"
  cat <<END
process.roles=broker,controller
node.id=0
listeners=CLUSTER://:9092,NODES://:9094,CONTROLLER://:9093
advertised.listeners=CLUSTER://$address:9092,NODES://$address:9094,CONTROLLER://$address:9093
controller.quorum.bootstrap.servers=$address:9093
END
}

stop() {
  systemctl stop "$unit" 2>/dev/null || true
  if mountpoint --quiet "$files"; then ctr --namespace k8s.io images unmount --rm "$files" >/dev/null; fi
  rm -rf /var/lib/kafka-bare
}

case $1 in
start) start "$2" ;;
tool) tool "${@:2}" ;;
stop) stop ;;
esac
