#!/usr/bin/env bash
# Joins a worker to the cluster, unless it has joined, by a certificate that a control plane has signed for the worker's key. Gives
# that certificate to the kubelet of a node whose own one has ended. Sets how the worker reaches the control planes, and changes that
# with them. Moves the node when its machine's address changes.
# Follows address.sh, kubeadm.sh, authorities.sh, kubelet-login.sh and serving-certificate.sh.
# Inputs: ADDRESS ENDPOINT API_ADDRESS (address of the endpoint's name) API_SERVERS (NAME=ADDRESS …; empty where no proxy runs here)
# KUBEADM_CONFIG, and what admit.sh printed: CERTIFICATE and AUTHORITY
# shellcheck disable=SC2154 # `changed` is put's, in lib.sh, as is `join_key`

proxy=kubeadm-kafka-api.service

# Runs a proxy on this host that balances between the ready control planes.
run_proxy() {
  local server servers='' restart=''
  put "$settings/ca.crt" < <(base64 --decode <<<"$AUTHORITY")
  restart+=$changed
  for server in $API_SERVERS; do servers+=$(printf '\n  server %s %s:6443' "${server%%=*}" "${server#*=}"); done
  put "$settings/api.cfg" <<-CONFIG
	global
	  hard-stop-after 5s # after a reload, old connections end, and reconnect to the present servers
	defaults
	  mode tcp
	  # A dead server doesn't answer. The retry at another one must come before the client gives up.
	  timeout connect 1s
	  timeout check 3s
	  # A watch may carry nothing for long.
	  timeout client 1h
	  timeout server 1h
	  option redispatch 1
	  retries 5
	listen api
	  bind $API_ADDRESS:6443
	  balance leastconn
	  option httpchk GET /readyz
	  http-check expect status 200
	  default-server check check-ssl check-sni $ENDPOINT verify required ca-file $settings/ca.crt
	  default-server inter 2s fastinter 500ms fall 3 rise 1 on-marked-down shutdown-sessions$servers
	CONFIG
  restart+=$changed
  put "/etc/systemd/system/$proxy" <<-UNIT
	[Unit]
	Description=Proxy to the Kubernetes API servers, for this host (kubeadm-kafka)
	After=network.target
	[Service]
	Type=notify
	User=haproxy
	ExecStart=/usr/sbin/haproxy -Ws -f $settings/api.cfg
	ExecReload=/bin/kill -USR2 \$MAINPID
	KillMode=mixed
	Restart=always
	RestartSec=1
	[Install]
	WantedBy=multi-user.target
	UNIT
  [[ -z $changed ]] || systemctl daemon-reload
  systemctl enable --quiet "$proxy"
  if [[ -n $restart ]]; then systemctl reload-or-restart "$proxy"; else systemctl start "$proxy"; fi
  applied unit "$proxy"
}

stop_proxy() {
  [[ ! -e /etc/systemd/system/$proxy ]] || systemctl disable --quiet --now "$proxy"
  rm -rf "/etc/systemd/system/$proxy" "$settings"
}

# Compares the authority, which differs in an earlier cluster.
is_joined() { [[ -n $(authority_joined) ]] && joined_by "$AUTHORITY"; }

join_cluster() {
  local trace flags
  for trace in /etc/kubernetes/{kubelet.conf,bootstrap-kubelet.conf,pki/ca.crt}; do
    [[ ! -e $trace ]] || reset_worker
  done
  rm -f "$RECORD/authorities"
  wait_for_silence
  mapfile -t flags < <(ignored_errors)
  kubeadm join --config "$SCRATCH/kubeadm.yaml" "${flags[@]}"
}

# After an interrupted join, the Node stays ready for a minute after its kubelet has stopped, and kubeadm refuses to join under that
# name.
wait_for_silence() {
  local deadline=$((SECONDS + 120)) ready='{.status.conditions[?(@.type=="Ready")].status}'
  while [[ $(kubectl get node "$HOST" --ignore-not-found --output "jsonpath=$ready") == True ]]; do
    ((SECONDS < deadline))
    sleep 1
  done
}

wait_for_node() {
  local deadline=$((SECONDS + 120))
  until kubectl get node "$HOST"; do
    ((SECONDS < deadline))
    sleep 0.5
  done
}

# Lets the kubelet log in by the certificate to join with. It asks for one that lasts a year before that one ends.
log_in_again() { { base64 --decode <<<"$CERTIFICATE" && cat "$join_key"; } | replace_login; }

begin_on_ours
printf '%s\n' "$KUBEADM_CONFIG" >"$SCRATCH/kubeadm.yaml"
export KUBECONFIG=$node_config
if is_joined && has_login; then
  AUTHORITY=$(authority_joined) # it may have been exchanged since the join
else
  export KUBECONFIG=$SCRATCH/join.conf
  step "look at the certificate to join with" && write_identity "$KUBECONFIG"
fi

if [[ -n $API_SERVERS ]]; then
  step "start the proxy" && run_proxy
fi
step "name the API server" && name_api "$API_ADDRESS"
if [[ -z $API_SERVERS ]]; then
  step "stop the proxy" && stop_proxy
fi
step "wait for the API server" && wait_for_api
if ! is_joined; then
  step "kubeadm join"
  join_cluster
  export KUBECONFIG=$node_config
else
  if ! has_login; then
    step "let the kubelet log in again" && log_in_again
    export KUBECONFIG=$node_config
  fi
  if has_moved; then
    step "move the kubelet to the new address" && move_kubelet
  elif ! kubectl get node "$HOST"; then
    # Somebody has deleted the Node. The kubelet registers it at its start.
    step "register the node again" && systemctl restart kubelet
  fi
fi
step "start the kubelet" && start_kubelet
step "wait for the node to be registered" && wait_for_node
if has_moved; then
  step "move pods to the new address" && move_pods
fi
step "wait for the kubelet's certificate" && wait_for_serving_certificate
step "remove the key to join with" && rm -f "$join_key"
step "write down what was applied" && keep_applied
