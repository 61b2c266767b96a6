# shellcheck shell=bash
# Sets the host's own kubelet settings, for prepare.sh. They are patches, which kubeadm applies to the cluster's settings at init, at
# join, and whenever it writes the kubelet's file.
# https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/control-plane-flags/#patches
# Inputs: ROLE ADDRESS KUBELET (part of a KubeletConfiguration, in JSON, or empty)

patches=$RECORD/patches
container_patch=$patches/kubeletconfiguration+merge.json
host_patch=$patches/kubeletconfiguration-host+merge.json # applied behind the other: kubeadm sorts them by name
kubelet_config=/var/lib/kubelet/config.yaml

# Writes the settings that a kubelet in a container needs in any case.
write_container_patch() {
  local resolver
  mkdir -p "$patches"
  if ! in_container; then
    rm -f "$container_patch"
    return
  fi
  # In a pod, 127.0.0.11 isn't Docker's resolver but the pod itself, so CoreDNS would ask itself.
  resolver=$(ip -4 route show default | awk 'NR == 1 {print $3}')
  printf 'nameserver %s\n' "${resolver:-$ADDRESS}" | put "$RECORD/resolv.conf"
  # The machine outside uses the same disk. Limits in percent of it would evict pods, and remove even the pause image.
  put "$container_patch" <<-PATCH
	{
	  "resolvConf": "$RECORD/resolv.conf",
	  "failSwapOn": false,
	  "failCgroupV1": false,
	  "evictionHard": {"memory.available": "100Mi", "nodefs.available": "200Mi", "imagefs.available": "200Mi"},
	  "imageGCHighThresholdPercent": 100
	}
	PATCH
}

# Applies the config's settings. On a node the kubelet restarts; another host gets them when it joins.
set_kubelet() {
  local before='' since
  [[ ! -e $host_patch ]] || before=$(<"$host_patch")
  if is_node && [[ $before != "$KUBELET" || (-n $KUBELET && $(recorded_config) != "$(observed file "$kubelet_config")") ]]; then
    since=$(date +%s)
    write_kubelet_config "$KUBELET"
    restart_kubelet || put_back "$before" "$since"
  fi
  if [[ -n $KUBELET ]]; then
    printf '%s\n' "$KUBELET" | put "$host_patch"
    ! is_node || applied file "$kubelet_config"
  else
    rm -f "$host_patch"
  fi
}

# Whether kubeadm has finished. A half-joined host isn't a node: its join starts again.
is_node() {
  [[ -e /etc/kubernetes/kubelet.conf && ! -e /etc/kubernetes/bootstrap-kubelet.conf ]] &&
    [[ $ROLE == worker || -e $RECORD/cluster ]]
}

# Prints the checksum of the kubelet's file after the last complete run. It differs after an edit or an interrupted run.
recorded_config() { sed --quiet "s,^file $kubelet_config ,,p" "$RECORD/applied/$ACTION" 2>/dev/null || true; }

# write_kubelet_config PATCH: writes the cluster's settings, from the API server, with this host's patches.
write_kubelet_config() {
  cp --recursive "$patches" "$SCRATCH"
  rm -f "$SCRATCH/patches/${host_patch##*/}"
  [[ -z $1 ]] || printf '%s\n' "$1" >"$SCRATCH/patches/${host_patch##*/}"
  kubeadm upgrade node phase kubelet-config --patches "$SCRATCH/patches"
}

# Restarts the kubelet, while pods keep running. Waits for a fresh heartbeat; a rejected config makes the kubelet exit.
restart_kubelet() {
  local before since time='' ready='' deadline=$((SECONDS + 120))
  read -r since before < <(heartbeat)
  systemctl restart kubelet
  while systemctl is-active --quiet kubelet && ((SECONDS < deadline)); do
    read -r time ready < <(heartbeat) || true
    # Without a pod network the node isn't ready, neither before nor after.
    [[ -z $time || $time == "$since" || ($ready != True && $before == True) ]] || return 0
    sleep 0.5
  done
  return 1
}

# Prints the time of the kubelet's last heartbeat, and whether the node is ready.
heartbeat() {
  kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 5s get node "$HOST" --output \
    jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.lastHeartbeatTime} {.status}{"\n"}{end}'
}

# put_back PATCH SINCE: restores the kubelet's former settings, and refuses with the kubelet's log since then.
put_back() {
  local log
  log=$(journalctl _SYSTEMD_UNIT=kubelet.service --since "@$2" --output cat --no-pager | tail -n 3)
  step "put the kubelet's settings back"
  write_kubelet_config "$1"
  restart_kubelet
  refuse KK728 "the kubelet doesn't take these settings, and has those from before again: $KUBELET
$log"
}
