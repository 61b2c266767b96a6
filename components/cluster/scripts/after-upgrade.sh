#!/usr/bin/env bash
# Lets pods return to a node after its upgrade, on a control plane: waits until the node is ready, uncordons it unless an administrator
# had cordoned it, and asks the gates. Does nothing where no upgrade has begun. HOST is the node.
# Follows gate.sh and upgrading.sh.
# Inputs: KUBERNETES_VERSION
# shellcheck disable=SC2154 # `upgrade_note` is in upgrading.sh

wait_for_node() {
  local deadline=$((SECONDS + 300)) facts
  while true; do
    facts=$(kubectl get node "$HOST" --output \
      jsonpath='{.status.nodeInfo.kubeletVersion} {.status.conditions[?(@.type=="Ready")].status}') || true
    [[ $facts != "v$KUBERNETES_VERSION True" ]] || return 0
    ((SECONDS < deadline)) ||
      refuse KK913 "is not Ready at v$KUBERNETES_VERSION after its upgrade (${facts:-the API server says nothing}): kubectl describe \
node $HOST says why. The hosts behind it were not touched"
    sleep 1
  done
}

begin_without_lock
export KUBECONFIG=/etc/kubernetes/admin.conf
step "wait for the API server" && wait_for_api
state=$(upgrade_state)
if [[ -n $state ]]; then
  step "wait for an earlier run" && lock_upgrades
  state=$(upgrade_state)
fi
if [[ -n $state ]]; then
  step "wait until the node is ready" && wait_for_node
  step "uncordon the node" && end_own_cordon
  step "ask the gates" && pass_gates "$HOST" after
  step "end the upgrade" && kubectl annotate node "$HOST" "$upgrade_note-"
fi
