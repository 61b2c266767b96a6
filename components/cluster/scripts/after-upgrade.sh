#!/usr/bin/env bash
# Lets pods return to a node after its upgrade, update or reboot, on a control plane: waits until the node is back and ready, uncordons
# it unless an administrator had cordoned it, and asks the gates. Does nothing where none has begun. HOST is the node.
# Follows turn.sh, gate.sh and upgrading.sh.
# Inputs: KUBERNETES_VERSION and the last task: BOOT (that a reboot ends, or empty) and UPDATES (NAME=VERSION of packages, or empty)
# shellcheck disable=SC2034,SC2154 # `upgrade_note` is in upgrading.sh, and turn.sh uses `turn_holder`

# Waits until the host reports another boot, which it does after its kubelet has posted the node's state. A physical machine may need
# many minutes.
wait_for_boot() {
  local deadline=$((SECONDS + 1800)) boot
  until boot=$(reported boot) && [[ -n $boot && $boot != "$BOOT" ]]; do
    ((SECONDS < deadline)) ||
      refuse KK987 "has not come back half an hour after its reboot was ordered: look at its console. The hosts behind it were not \
touched; up continues once it is back"
    sleep 2
  done
}

# Waits until the host no longer reports the updates as missing, so that the next `up` doesn't drain it again for them.
wait_for_updates() {
  local deadline=$((SECONDS + 600)) boot updates
  until boot=$(reported boot) && updates=$(reported updates) && [[ -n $boot && $updates != "$UPDATES" ]]; do
    ((SECONDS < deadline)) ||
      refuse KK988 "still reports that it needs $UPDATES: on that host, journalctl --unit kubeadm-kafka-report.service says why. The \
hosts behind it were not touched"
    sleep 2
  done
}

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
step "end an earlier run on this node" && lock_node
step "wait for the API server" && wait_for_api
state=$(upgrade_state)
if [[ -n $state ]]; then
  step "wait for an earlier run" && lock_upgrades
  state=$(upgrade_state)
fi
if [[ -n $state ]]; then
  if [[ -n $BOOT ]]; then
    step "wait until the host is back" && wait_for_boot
  fi
  if [[ -n $UPDATES ]]; then
    step "wait until the host reports no more updates" && wait_for_updates
  fi
  step "wait until the node is ready" && wait_for_node
  step "uncordon the node" && end_own_cordon
  step "ask the gates" && pass_gates "$HOST" after
  turn_holder=$HOST/reboot
  step "let the next control plane go on" && end_turn
  step "end the upgrade" && kubectl annotate node "$HOST" "$upgrade_note-"
fi
