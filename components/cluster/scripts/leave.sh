#!/usr/bin/env bash
# Takes a worker out of the cluster, from a control plane: the worker may be dead. HOST is the worker; the host itself is
# undone by undo.sh.
# Follows nodes.sh.
# Inputs: DRAIN_SECONDS

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
members=''
# One that is lost is taken out when its step is made: its volumes are gone already, and its pods wait for other ones.
if [[ $1 == delete ]]; then
  step "look for volumes that would go with it" && refuse_to_lose_volumes "$HOST"
  step "look for pods that have to come back" && members=$(ready_members "$HOST")
fi
step "move its pods elsewhere" && drain_node "$HOST"
step "delete the Node object" && delete_node "$HOST"
step "wait for its pods elsewhere" && wait_for_members "$HOST" "$members"
