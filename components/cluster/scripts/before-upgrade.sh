#!/usr/bin/env bash
# Frees a node of its pods before its upgrade, update or reboot, on a control plane: waits until nothing else is down, asks the gates,
# cordons and drains the node. Does nothing where the node is at the version and needs neither update nor reboot. Its result says
# whether one of them has begun. HOST is the node.
# Follows gate.sh and upgrading.sh.
# Inputs: ROLE KUBERNETES_VERSION EVICTION_SECONDS and the last task: BOOT (that a reboot ends, or empty) and UPDATES (NAME=VERSION of
# packages, or empty)
# shellcheck disable=SC2154 # `upgrade_note` is in upgrading.sh

# Prints the versions of the kubelet and, on a control plane, of the API server.
running_versions() {
  kubelet_version
  [[ $ROLE != worker ]] || return 0
  kubectl get pod "kube-apiserver-$HOST" --namespace kube-system --ignore-not-found --output \
    'jsonpath={.spec.containers[0].image}' | sed 's/.*:/ /'
}

# Sets `due` if the node runs another version, or its host reports that the task is still to be done, and `state` to how far that is.
look_at_node() {
  local versions version boot='' updates=''
  versions=$(running_versions)
  [[ -z $BOOT ]] || boot=$(reported boot)
  [[ -z $UPDATES ]] || updates=$(reported updates)
  state=$(upgrade_state)
  due=
  [[ -z $boot || $boot != "$BOOT" ]] || due=yes
  [[ -z $updates || $updates != "$UPDATES" ]] || due=yes
  for version in $versions; do [[ $version == "v$KUBERNETES_VERSION" ]] || due=yes; done
}

# Waits until all other nodes are ready, since two must never be down at a time.
wait_for_others() {
  local deadline=$((SECONDS + 120)) nodes down
  while true; do
    nodes=$(kubectl get nodes --output jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
    down=$(awk -v host="$HOST" 'NF && $1 != host && $2 != "True" {print $1}' <<<"$nodes" | xargs)
    [[ -n $down ]] || return 0
    ((SECONDS < deadline)) ||
      refuse KK903 "is left as it is while other nodes are not Ready ($down): kubectl describe node says why; repair them, or call \
those that are dead lost in the config (lost: true)"
    sleep 2
  done
}

# The annotations are written first: the next run can undo an interrupted one, and the next `up` gives the steps the same task. An
# administrator's cordon stays.
cordon_node() {
  local is_cordoned
  [[ -z $BOOT ]] || kubectl annotate node "$HOST" "kubeadm-kafka/left-boot=$BOOT" --overwrite
  [[ -z $UPDATES ]] || kubectl annotate node "$HOST" "kubeadm-kafka/updates=$UPDATES" --overwrite
  is_cordoned=$(kubectl get node "$HOST" --output jsonpath='{.spec.unschedulable}')
  if [[ $is_cordoned == true ]]; then
    kubectl annotate node "$HOST" "$upgrade_note=begun" --overwrite
  else
    kubectl annotate node "$HOST" "$upgrade_note=cordoned" --overwrite
    kubectl cordon "$HOST"
  fi
}

# Without --force: a pod without a controller would be gone for good. If pods don't move, the annotation stays, so that after-upgrade.sh
# asks the gates also where the version is set back.
evict_pods() {
  local reason
  kubectl drain "$HOST" --ignore-daemonsets --delete-emptydir-data --timeout "${EVICTION_SECONDS}s" 2>"$SCRATCH/drain" && return
  cat "$SCRATCH/drain"
  reason=$(grep --max-count=1 -i error "$SCRATCH/drain" || tail -n 1 "$SCRATCH/drain")
  end_own_cordon
  refuse KK911 "its pods would not move within $EVICTION_SECONDS seconds, so nothing was done on it, and it takes pods as before: \
$reason"
}

begin_without_lock
export KUBECONFIG=/etc/kubernetes/admin.conf
step "end an earlier run on this node" && lock_node
step "wait for the API server" && wait_for_api
step "look at the node" && look_at_node
if [[ -n $due || $state == cordoned ]]; then
  step "wait for an earlier run" && lock_upgrades
  look_at_node
  # The gates are asked again, and would wait for pods that the interrupted run has evicted.
  step "let pods return that an interrupted run has evicted" && end_own_cordon
fi
if [[ -n $due ]]; then
  step "wait until all other nodes are ready" && wait_for_others
  step "ask the gates" && pass_gates "$HOST" before
  step "cordon the node" && cordon_node
  step "drain the node" && evict_pods
fi
# after-upgrade.sh follows whenever an upgrade has begun, also where the version was set back in the meantime: nothing but this
# result changes then.
result "$(if [[ -z $(upgrade_state) ]]; then echo "no upgrade has begun"; else date "+an upgrade has begun, seen %s.%N"; fi)"
