# shellcheck shell=bash
# How a node goes, wherever it is done from. Needs an administrator's KUBECONFIG.

is_ready() {
  [[ $(kubectl get node "$1" --output jsonpath='{.status.conditions[?(@.type=="Ready")].status}') == True ]]
}

# drain_node NAME: its pods move elsewhere, as far as disruption budgets allow. A dead one's can't; the time limit is
# long enough for that to show.
drain_node() {
  local drained=
  [[ -n $(kubectl get node "$1" --ignore-not-found) ]] || return 0
  kubectl cordon "$1"
  if is_ready "$1"; then
    kubectl drain "$1" --ignore-daemonsets --delete-emptydir-data --force --timeout "${DRAIN_SECONDS}s" 2>"$SCRATCH/drain" &&
      drained=yes
    cat "$SCRATCH/drain"
    [[ -n $drained ]] || ! is_ready "$1" ||
      refuse KK720 "pods on $1 would not move within $DRAIN_SECONDS seconds: $(grep --max-count=1 -i 'error' "$SCRATCH/drain")"
  fi
}

# delete_node NAME: with the pods that nobody is left to stop.
delete_node() {
  kubectl delete node "$1" --ignore-not-found
  kubectl delete pods --all-namespaces --field-selector "spec.nodeName=$1" --force --grace-period 0
}
