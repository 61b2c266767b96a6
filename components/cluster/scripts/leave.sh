#!/usr/bin/env bash
# Takes a worker out of the cluster: its kubelet stops, so that it can't register again, and its Node object goes. The
# host itself is undone by undo.sh.
# Inputs: JOINER (a kubeconfig, base64)

begin
(umask 077 && base64 --decode <<<"$JOINER" >"$SCRATCH/joiner.conf")
export KUBECONFIG=$SCRATCH/joiner.conf

step "stop the kubelet"
systemctl stop kubelet || true

step "delete the Node object"
if [[ -x $(command -v kubectl) ]] && kubectl get --raw /readyz --request-timeout=15s; then
  kubectl delete node "$HOST" --ignore-not-found --wait=false
else
  echo "no API server answers: the cluster is gone, and its Node objects with it"
fi
