# shellcheck shell=bash
# How far a node's upgrade, update or reboot is, for before-upgrade.sh, upgrade.sh and after-upgrade.sh.

# Annotation of a node whose upgrade, update or reboot has begun: `cordoned` if before-upgrade.sh has cordoned the node, else `begun`.
# Previews tolerate such a node, see versionsPlan.ts.
upgrade_note=kubeadm-kafka/upgrade

# Prints the annotation; nothing where no upgrade has begun.
upgrade_state() { kubectl get node "$HOST" --output "jsonpath={.metadata.annotations['$upgrade_note']}"; }

# Uncordons the node if the cordon is this program's. Afterwards the annotation no longer says so: a later cordon is an
# administrator's, and stays.
end_own_cordon() {
  local state
  state=$(upgrade_state)
  [[ $state == cordoned ]] || return 0
  kubectl uncordon "$HOST"
  kubectl annotate node "$HOST" "$upgrade_note=begun" --overwrite
}

# reported boot|updates: prints that part of the host's last report, see maintenancePlan.ts.
reported() {
  kubectl get node "$HOST" --output "jsonpath={.metadata.annotations['kubeadm-kafka/host']}" |
    sed --quiet "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

kubelet_version() { kubectl get node "$HOST" --output jsonpath='{.status.nodeInfo.kubeletVersion}'; }

# Ends the step of a killed `up` on the same node, and waits for that: it may wait at a gate for hours, and then cordon the node for a
# version that was set back meanwhile. A step that was ended anywhere is repeated.
lock_node() {
  local holder=$WORK/upgrade-of-$HOST group
  exec 8>>"$holder"
  if ! flock --nonblock 8; then
    group=$(<"$holder")
    [[ -z $group ]] || kill -TERM -- "-$group" || true
    if ! flock --wait 1800 8; then refuse KK712 "another run still works on this node, from here, after half an hour"; fi
  fi
  printf '%s\n' "$PPID" >"$holder" # `timeout`, the leader of the process group
}

# Waits for the step of a killed `up`, which runs to its end. The host's own lock isn't needed, since nothing is changed on this host,
# and other steps must not wait for a gate.
lock_upgrades() {
  exec 9>"$WORK/upgrades"
  if ! flock --wait 1800 9; then refuse KK712 "another run still upgrades hosts from here after half an hour"; fi
}
