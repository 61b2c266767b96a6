#!/usr/bin/env bash
# Drains and removes a worker's Node, on a control plane, since the worker may be dead. HOST is the worker. undo.sh restores the host
# itself.
# Follows nodes.sh and addresses.sh.
# Inputs: DRAIN_SECONDS

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
members=''
# For a lost worker the script runs on `create`: its volumes are gone, and its pods wait for new ones.
if [[ $1 == delete ]]; then
  step "look for volumes that would go with it" && refuse_to_lose_volumes "$HOST"
  step "look for pods that have to come back" && members=$(ready_members "$HOST")
fi
step "move its pods elsewhere" && drain_node "$HOST"
step "delete the Node object" && delete_node "$HOST"
step "take its address off the list" && unlist_address "$HOST"
step "wait for its pods elsewhere" && wait_for_members "$HOST" "$members"
