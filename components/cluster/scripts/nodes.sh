# shellcheck shell=bash
# How a node goes, wherever it is done from. Needs an administrator's KUBECONFIG.
# shellcheck disable=SC2154 # `leaves_note` is in lib.sh

# Not as long as nobody can say.
is_dead() {
  local ready
  ready=$(kubectl get node "$1" --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}') &&
    [[ $ready != True ]]
}

# drain_node NAME: its pods move elsewhere, as far as disruption budgets allow. Those of a dead one can't: that it is dead
# shows within a minute, and ends the wait.
drain_node() {
  local draining drained=yes
  [[ -n $(kubectl get node "$1" --ignore-not-found) ]] || return 0
  kubectl annotate node "$1" "$leaves_note=yes" --overwrite
  kubectl cordon "$1"
  ! is_dead "$1" || return 0
  kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force --timeout "${DRAIN_SECONDS}s" 2>"$SCRATCH/drain" &
  draining=$!
  while kill -0 "$draining" && ! is_dead "$1"; do sleep 1; done
  kill "$draining" || true
  wait "$draining" || drained=
  cat "$SCRATCH/drain"
  [[ -n $drained ]] || is_dead "$1" ||
    refuse KK720 "pods on $1 would not move within $DRAIN_SECONDS seconds: $(grep --max-count=1 -i 'error' "$SCRATCH/drain")"
}

# delete_node NAME: with the pods that nobody is left to stop, and the volumes on its disk that nobody claims any more, whose
# provisioner would ask for that node for good.
delete_node() {
  kubectl delete node "$1" --ignore-not-found
  forget_volumes "$1"
  kubectl delete pods --all-namespaces --field-selector "spec.nodeName=$1" --force --grace-period 0
}

forget_volumes() {
  local node volume namespace name claim
  local hostname='{.spec.nodeAffinity.required.nodeSelectorTerms[*].matchExpressions[?(@.key=="kubernetes.io/hostname")].values[*]}'
  kubectl get pv --output jsonpath="{range .items[*]}$hostname {.metadata.name} {.spec.claimRef.namespace} {.spec.claimRef.name}{'\n'}{end}" |
    while read -r node volume namespace name; do
      [[ $node == "$1" ]] || continue
      claim=(pvc "$name" --namespace "$namespace")
      # One that was given up goes when its pod has gone.
      [[ -z $(kubectl get "${claim[@]}" --ignore-not-found --output jsonpath='{.metadata.deletionTimestamp}') ]] ||
        kubectl wait "${claim[@]}" --for delete --timeout 60s
      [[ $(kubectl get "${claim[@]}" --ignore-not-found --output jsonpath='{.spec.volumeName}') == "$volume" ]] ||
        kubectl delete pv "$volume" --wait=false
    done
}
