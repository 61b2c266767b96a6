#!/usr/bin/env bash
# Takes a worker out of the cluster, from a control plane: the worker may be dead. HOST is the worker; the host itself is
# undone by undo.sh.
# Follows nodes.sh.
# Inputs: DRAIN_SECONDS

begin_on_ours
export KUBECONFIG=/etc/kubernetes/admin.conf
step "move its pods elsewhere" && drain_node "$HOST"
step "delete the Node object" && delete_node "$HOST"
