#!/usr/bin/env bash
# Starts one Kafka node: composes its server.properties, formats empty volumes if that is safe, runs the server.
#
# Environment
#   POD_NAME    name of the pod
#   POOL_ROLE   role of the pool's nodes: broker or controller
#   FIRST_ID    id of the pool's first node; the node's id is this plus the number at the end of the pod's name
#   DOMAIN      DNS domain of the nodes' Services, which have the names of their pods
#   HOST_IP, OUTSIDE_FIRST_PORT  the host's address for clients outside the cluster, the first broker's port; optional
#   NODE_NAME   name of the Kubernetes node; set only if brokers have racks
#   CLUSTER_ID  Kafka's cluster id, which the log directories have or get
#   ADDRESS_WAIT_SECONDS, SAY_EVERY_SECONDS  time limit of the wait for the address below, time between log lines
#   OUTLIVE_SECONDS  how long the pod goes on after its server has stopped
#   LOG_DIRS    log directories, one per volume, separated by commas; metadata is in the first
# Files, below CONFIG_DIR (the ConfigMap), SECRETS_DIR (the Secret, if there is one), STATE_DIR, ADDRESSES_DIR and
# RACKS_DIR
#   CONFIG_DIR/common.properties  settings that all nodes share
#   SECRETS_DIR/secret.properties confidential settings; optional
#   CONFIG_DIR/voters             ids of the voters, separated by spaces
#   CONFIG_DIR/volume-mark        name of a file that the provisioner puts on each new volume; empty if it puts none
#   STATE_DIR/formed              exists once the cluster has been up (see formedMarker.ts)
#   ADDRESSES_DIR/POD_NAME        address of a broker's own Service (see addressMap.ts)
#   RACKS_DIR/NODE_NAME           rack of that Kubernetes node (see rackMap.ts)
set -euo pipefail

: "${CONFIG_DIR:=/etc/kubeadm-kafka/config}" "${STATE_DIR:=/etc/kubeadm-kafka/state}"
: "${ADDRESSES_DIR:=/etc/kubeadm-kafka/addresses}" "${RACKS_DIR:=/etc/kubeadm-kafka/racks}"
: "${SECRETS_DIR:=/etc/kubeadm-kafka/secrets}"
: "${ADDRESS_WAIT_SECONDS:=300}" "${SAY_EVERY_SECONDS:=30}"
: "${KAFKA_BIN:=/opt/kafka/bin}" "${PROPERTIES:=/tmp/server.properties}" "${TERMINATION_LOG:=/dev/termination-log}"

readonly NODE_ID=$((FIRST_ID + ${POD_NAME##*-}))
readonly HOST=$POD_NAME.$DOMAIN
VOTERS=$(<"$CONFIG_DIR/voters")
VOLUME_MARK=$(<"$CONFIG_DIR/volume-mark")
IFS=, read -ra DIRS <<<"$LOG_DIRS"
readonly VOTERS VOLUME_MARK DIRS

main() {
  check_rack
  compose_properties >"$PROPERTIES"
  local dir empty=
  for dir in "${DIRS[@]}"; do
    if [[ -e $dir/meta.properties ]]; then check_identity "$dir"; else empty=yes; fi
  done
  [[ -z $empty ]] || format
  serve
}

# Runs the server and ends with its exit code. If the pod is told to stop, it ends OUTLIVE_SECONDS after the server:
# once a pod's network is gone, packets to it vanish, and clients wait ten to thirty seconds for an answer. Until
# then, connections are refused at once. In that time, the readiness probe fails, and every kube-proxy stops routing
# to the pod.
serve() {
  local server status=0 stops=
  # Set for the server alone: tools that `kubectl exec` runs would inherit it, and log to their output.
  KAFKA_LOG4J_OPTS=-Dlog4j2.configurationFile=$CONFIG_DIR/log4j2.properties \
    "$KAFKA_BIN/kafka-server-start.sh" "$PROPERTIES" &
  server=$!
  trap 'stops=yes; kill -TERM "$server" 2>/dev/null || true' TERM
  while kill -0 "$server" 2>/dev/null; do wait "$server" || status=$?; done # a signal ends `wait`, too
  [[ -z $stops ]] || sleep "$OUTLIVE_SECONDS"
  exit "$status"
}

is_voter() { [[ " $VOTERS " == *" $NODE_ID "* ]]; }

compose_properties() {
  cat "$CONFIG_DIR/common.properties"
  [[ ! -e $SECRETS_DIR/secret.properties ]] || cat "$SECRETS_DIR/secret.properties"
  local listeners=() advertised=() roles=() address
  if [[ $POOL_ROLE == broker ]]; then
    address=$(service_address)
    listeners+=(CLUSTER://:9092 NODES://:9094) advertised+=("CLUSTER://$HOST:9092" "NODES://$address:9094") roles+=(broker)
    if [[ -n ${OUTSIDE_FIRST_PORT:-} ]]; then
      listeners+=(OUTSIDE://:9095) advertised+=("OUTSIDE://$HOST_IP:$((OUTSIDE_FIRST_PORT + NODE_ID))")
    fi
  fi
  if is_voter; then
    listeners+=(CONTROLLER://:9093) advertised+=("CONTROLLER://$POD_NAME-quorum.$DOMAIN:9093") roles+=(controller)
  fi
  local IFS=,
  printf '\n# this node\nlog.dirs=%s\n' "$LOG_DIRS"
  [[ -z ${NODE_NAME:-} ]] || printf 'broker.rack=%s\n' "$(<"$RACKS_DIR/$NODE_NAME")"
  printf 'advertised.listeners=%s\nlisteners=%s\nnode.id=%s\nprocess.roles=%s\n' \
    "${advertised[*]}" "${listeners[*]}" "$NODE_ID" "${roles[*]}"
}

# Prints the address of the node's Service, for clients that can't resolve the cluster's names. It stays when the pod
# is replaced. The kubelet takes a minute or two to update a mounted ConfigMap. If the file doesn't come in time, the
# pod ends with the reason and the kubelet restarts it; the startup probe alone would wait for a week.
service_address() {
  local file=$ADDRESSES_DIR/$POD_NAME begun=$SECONDS waited said=
  until [[ -s $file ]]; do
    waited=$((SECONDS - begun))
    ((waited < ADDRESS_WAIT_SECONDS)) ||
      refuse "the address of the Service $POD_NAME has not come within $ADDRESS_WAIT_SECONDS seconds: $file is missing." \
        "Either the ConfigMap of brokers' addresses doesn't have it, or the kubelet of the pod's host doesn't bring it. [KK818]"
    if [[ -z $said ]] || ((waited - said >= SAY_EVERY_SECONDS)); then
      echo "waiting for the address of the Service $POD_NAME in $file, for $waited of $ADDRESS_WAIT_SECONDS seconds" >&2
      said=$waited
    fi
    sleep 1
  done
  printf '%s' "$(<"$file")"
}

# Refuses to start without a rack if others have racks: Kafka spreads replicas over racks only if all brokers have one.
check_rack() {
  [[ -z ${NODE_NAME:-} || -s $RACKS_DIR/$NODE_NAME ]] ||
    refuse "$POD_NAME runs on $NODE_NAME, which has no rack, while other hosts have. List that host in the stack's config," \
      "with the label topology.kubernetes.io/zone where other hosts have one."
}

# Refuses to start on a volume of another cluster or node.
check_identity() {
  local id node
  id=$(meta_property "$1" cluster.id) node=$(meta_property "$1" node.id)
  [[ $id == "$CLUSTER_ID" ]] ||
    refuse "the volume of $POD_NAME belongs to the Kafka cluster $id, not to $CLUSTER_ID. It is left as it is." \
      "Give the pod the right volume, or remove this one if its data isn't needed."
  [[ $node == "$NODE_ID" ]] ||
    refuse "the volume of $POD_NAME belongs to node $node of this Kafka cluster. It is left as it is."
}

meta_property() { sed -n "s/^$2=//p" "$1/meta.properties"; }

# Refuses to start on an empty folder in place of the volume, as on a host that was replaced under its name: Kafka would
# believe that the node still has its records. The roll gives the pod a new volume, if other nodes have all records.
check_mark() {
  [[ -z $VOLUME_MARK || ! -e $STATE_DIR/formed || -e ${1%/*}/$VOLUME_MARK ]] ||
    refuse "the volume of $POD_NAME is gone: an empty folder is in its place, as on a machine that has replaced another one" \
      "under its name. Nothing was formatted. [KK842]"
}

# Formats empty log directories. Only the first voter of a new cluster may start a quorum. All other nodes, and that
# one if it has lost a volume, wait to be added to the existing quorum. Formatted directories stay as they are. See
# KIP-853.
format() {
  local quorum=() dir
  if is_voter; then
    quorum=(--no-initial-controllers)
    if [[ $NODE_ID == "${VOTERS%% *}" && ! -e $STATE_DIR/formed ]]; then
      quorum=(--standalone)
    elif [[ $VOTERS == "$NODE_ID" ]]; then
      refuse "a volume of $POD_NAME is empty, but this Kafka cluster has been running and $POD_NAME was its only" \
        "voter: topics and records are not where they were. Nothing was formatted. Bring the volume back; or, to accept" \
        "the loss and start empty, delete the ConfigMap that holds \"formed\" and then the pod."
    fi
  fi
  for dir in "${DIRS[@]}"; do [[ -e $dir/meta.properties ]] || check_mark "$dir"; done
  "$KAFKA_BIN/kafka-storage.sh" format --cluster-id="$CLUSTER_ID" --config "$PROPERTIES" --ignore-formatted "${quorum[@]}"
}

# Ends with a reason. `pulumi up` shows what is in the termination log.
refuse() {
  echo "Kafka did not start: $*" | tee "$TERMINATION_LOG" >&2
  exit 1
}

main
