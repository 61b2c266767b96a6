#!/usr/bin/env bash
# The listeners of a node whose stack has TLS. These lines are put before the last one of launch.sh, and take the place of
# its functions of the same names. An open stack has launch.sh alone, so that its pods don't roll when these lines change.
#
# Environment
#   ENCRYPTION              the step: prepared, moved or closed
#   OUTSIDE_TLS_FIRST_PORT  the first broker's port for clients outside the cluster that use TLS; optional
# Files
#   CERTIFICATES_DIR/POD_NAME.pem  key and certificate of the node
# shellcheck disable=SC2153,SC2154 # set by launch.sh
: "${CERTIFICATES_DIR:=/etc/kubeadm-kafka/certificates}"

compose_properties() {
  cat "$CONFIG_DIR/common.properties"
  [[ ! -e $SECRETS_DIR/secret.properties ]] || cat "$SECRETS_DIR/secret.properties"
  local listeners=() advertised=() roles=() address
  wait_for_certificate
  if [[ $POOL_ROLE == broker ]]; then
    address=$(service_address) roles+=(broker)
    listen PEERS 9191 "$HOST"
    listen LOGINS 9192 "$HOST"
    listen NODELOGINS 9194 "$address"
    listen CERTIFICATES 9196 "$HOST"
    [[ -z ${OUTSIDE_TLS_FIRST_PORT:-} ]] || listen OUTSIDELOGINS 9195 "$HOST_IP" $((OUTSIDE_TLS_FIRST_PORT + NODE_ID))
    if [[ $ENCRYPTION == closed ]]; then
      # Port-forward comes from inside the pod: by it, previews and `make health` ask a broker, and need no certificate.
      listen CLUSTER 9092 "$HOST" 9092 127.0.0.1
    else
      listen CLUSTER 9092 "$HOST"
      listen NODES 9094 "$address"
      [[ -z ${OUTSIDE_FIRST_PORT:-} ]] || listen OUTSIDE 9095 "$HOST_IP" $((OUTSIDE_FIRST_PORT + NODE_ID))
    fi
  fi
  if is_voter; then
    roles+=(controller)
    listen QUORUM 9193 "$POD_NAME-quorum.$DOMAIN"
    [[ $ENCRYPTION == closed ]] || listen CONTROLLER 9093 "$POD_NAME-quorum.$DOMAIN"
  fi
  local IFS=,
  printf '\n# this node\nlog.dirs=%s\n' "$LOG_DIRS"
  [[ -z ${NODE_NAME:-} ]] || printf 'broker.rack=%s\n' "$(<"$RACKS_DIR/$NODE_NAME")"
  printf 'ssl.keystore.location=%s\n' "$CERTIFICATES_DIR/$POD_NAME.pem"
  printf 'advertised.listeners=%s\nlisteners=%s\nnode.id=%s\nprocess.roles=%s\n' \
    "${advertised[*]}" "${listeners[*]}" "$NODE_ID" "${roles[*]}"
}

# listen NAME PORT ADVERTISED_HOST [ADVERTISED_PORT] [ADDRESS]; by default the same port, at all addresses
listen() { listeners+=("$1://${5:-}:$2") advertised+=("$1://$3:${4:-$2}"); }

# A new broker's certificate is there before its pod, but the kubelet of the pod's host may read the Secret later.
wait_for_certificate() {
  local file=$CERTIFICATES_DIR/$POD_NAME.pem begun=$SECONDS
  until [[ -s $file ]]; do
    ((SECONDS - begun < ADDRESS_WAIT_SECONDS)) ||
      refuse "the certificate of $POD_NAME has not come within $ADDRESS_WAIT_SECONDS seconds: $file is missing." \
        "Run bin/pulumi up, which issues it. [KK572]"
    sleep 1
  done
}
