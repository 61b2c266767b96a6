# shellcheck shell=bash
# The kubelet's settings that are this host's own, for prepare.sh: patches, which kubeadm lays on the cluster's at init and
# join, and whenever it writes the kubelet's file anew.
# Inputs: ROLE ADDRESS KUBELET (part of a KubeletConfiguration, in JSON, or empty)

patches=$RECORD/patches
container_patch=$patches/kubeletconfiguration+merge.json
host_patch=$patches/kubeletconfiguration-host+merge.json # after the other: kubeadm goes by their names
kubelet_config=/var/lib/kubelet/config.yaml

# What a container's kubelet needs whatever the config says.
write_container_patch() {
  local resolver
  mkdir -p "$patches"
  if ! in_container; then
    rm -f "$container_patch"
    return
  fi
  # Docker's resolver 127.0.0.11 means something else inside a pod: CoreDNS would ask itself.
  resolver=$(ip -4 route show default | awk 'NR == 1 {print $3}')
  printf 'nameserver %s\n' "${resolver:-$ADDRESS}" | put "$RECORD/resolv.conf"
  # The disk is shared with the machine outside: percentages of it would evict pods, and collect even the pause image.
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

# The config's. A host that is no node yet becomes one with them; a node's kubelet starts anew.
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

# Not one that kubeadm hasn't got through with: it begins again.
is_node() {
  [[ -e /etc/kubernetes/kubelet.conf && ! -e /etc/kubernetes/bootstrap-kubelet.conf ]] &&
    [[ $ROLE == worker || -e $RECORD/cluster ]]
}

# What it was when this was last through; somebody may have edited it since, or another run was killed halfway.
recorded_config() { sed --quiet "s,^file $kubelet_config ,,p" "$RECORD/applied/$ACTION" 2>/dev/null || true; }

# write_kubelet_config PATCH: the cluster's settings, as the API server has them, with this host's on top.
write_kubelet_config() {
  cp --recursive "$patches" "$SCRATCH"
  rm -f "$SCRATCH/patches/${host_patch##*/}"
  [[ -z $1 ]] || printf '%s\n' "$1" >"$SCRATCH/patches/${host_patch##*/}"
  kubeadm upgrade node phase kubelet-config --patches "$SCRATCH/patches"
}

# Pods go on meanwhile. Until it has said so itself, the node still counts as ready. What it doesn't take ends it at once.
restart_kubelet() {
  local before since time='' ready='' deadline=$((SECONDS + 120))
  read -r since before < <(heartbeat)
  systemctl restart kubelet
  while systemctl is-active --quiet kubelet && ((SECONDS < deadline)); do
    read -r time ready < <(heartbeat) || true
    # Without a pod network it isn't ready, neither before nor after.
    [[ -z $time || $time == "$since" || ($ready != True && $before == True) ]] || return 0
    sleep 0.5
  done
  return 1
}

# When it last said how it is, and whether it is ready.
heartbeat() {
  kubectl --kubeconfig /etc/kubernetes/kubelet.conf --request-timeout 5s get node "$HOST" --output \
    jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.lastHeartbeatTime} {.status}{"\n"}{end}'
}

# put_back PATCH SINCE: has the kubelet run with the former settings, and says why.
put_back() {
  local said
  said=$(journalctl _SYSTEMD_UNIT=kubelet.service --since "@$2" --output cat --no-pager | tail -n 3)
  step "put the kubelet's settings back"
  write_kubelet_config "$1"
  restart_kubelet
  refuse KK728 "the kubelet doesn't take these settings, and has those from before again: $KUBELET
$said"
}
