#!/usr/bin/env bash
# Frees a node of its pods before its upgrade, on a control plane: waits until nothing else is down, asks the gates, cordons and drains
# the node. Does nothing where the node is at the version. Its result says whether an upgrade of the node has begun. HOST is the node.
# Follows gate.sh and upgrading.sh.
# Inputs: ROLE KUBERNETES_VERSION EVICTION_SECONDS
# shellcheck disable=SC2154 # `upgrade_note` is in upgrading.sh

# Prints the versions of the kubelet and, on a control plane, of the API server.
running_versions() {
  kubelet_version
  [[ $ROLE != worker ]] || return 0
  kubectl get pod "kube-apiserver-$HOST" --namespace kube-system --ignore-not-found --output \
    'jsonpath={.spec.containers[0].image}' | sed 's/.*:/ /'
}

# is_at_version VERSIONS
is_at_version() {
  local version
  for version in $1; do [[ $version == "v$KUBERNETES_VERSION" ]] || return 1; done
}

# Waits until all other nodes are ready, since two must never be down at a time.
wait_for_others() {
  local deadline=$((SECONDS + 120)) nodes down
  while true; do
    nodes=$(kubectl get nodes --output jsonpath='{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\n"}{end}')
    down=$(awk -v host="$HOST" 'NF && $1 != host && $2 != "True" {print $1}' <<<"$nodes" | xargs)
    [[ -n $down ]] || return 0
    ((SECONDS < deadline)) ||
      refuse KK903 "is not upgraded while other nodes are not Ready ($down): kubectl describe node says why; repair them, or take \
them off the config. The node was left as it is"
    sleep 2
  done
}

# The annotation is written first, so that the next run can undo an interrupted one. An administrator's cordon stays.
cordon_node() {
  local is_cordoned
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
  refuse KK911 "its pods would not move within $EVICTION_SECONDS seconds, so it was not upgraded, and takes pods as before: $reason"
}

begin_without_lock
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
step "look at its version"
versions=$(running_versions)
if ! is_at_version "$versions"; then
  step "wait for an earlier run" && lock_upgrades
  versions=$(running_versions)
fi
if ! is_at_version "$versions"; then
  # The gates are asked again, and would wait for pods that the interrupted run has evicted.
  step "let pods return that an interrupted run has evicted" && end_own_cordon
  step "wait until all other nodes are ready" && wait_for_others
  step "ask the gates" && pass_gates "$HOST" before
  step "cordon the node" && cordon_node
  step "drain the node" && evict_pods
fi
# after-upgrade.sh follows whenever an upgrade has begun, also where the version was set back in the meantime: nothing but this
# result changes then.
result "$(if [[ -z $(upgrade_state) ]]; then echo "no upgrade has begun"; else date "+an upgrade has begun, seen %s.%N"; fi)"
