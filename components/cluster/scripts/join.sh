#!/usr/bin/env bash
# Makes a worker a node of the cluster, if it is none yet, with a credential that stays in memory and can do little
# else.
# Inputs: KUBEADM_CONFIG JOINER (a kubeconfig, base64)

begin
umask 077
base64 --decode <<<"$JOINER" >"$SCRATCH/joiner.conf"
printf '%s\n' "$KUBEADM_CONFIG" >"$SCRATCH/kubeadm.yaml"
export KUBECONFIG=$SCRATCH/joiner.conf
umask 022

# kubeadm removes bootstrap-kubelet.conf when it is through; the CA tells this cluster from an earlier one.
is_joined() {
  [[ -s /etc/kubernetes/kubelet.conf && ! -e /etc/kubernetes/bootstrap-kubelet.conf ]] &&
    grep --quiet --fixed-strings "$(base64 --wrap=0 /etc/kubernetes/pki/ca.crt)" "$KUBECONFIG"
}

join_cluster() {
  local trace
  for trace in /etc/kubernetes/{kubelet.conf,bootstrap-kubelet.conf,pki/ca.crt}; do
    [[ ! -e $trace ]] || kubeadm reset --force
  done
  # Of an earlier attempt, or of a machine that had this name: kubeadm refuses one that still looks ready.
  kubectl delete node "$HOST" --ignore-not-found
  kubeadm join --config "$SCRATCH/kubeadm.yaml"
}

wait_for_node() {
  local deadline=$((SECONDS + 120))
  until kubectl get node "$HOST"; do
    ((SECONDS < deadline))
    sleep 0.5
  done
}

if ! is_joined; then
  step "kubeadm join"
  join_cluster
fi
step "wait for the node to be registered" && wait_for_node
step "label the node" && kubectl label node "$HOST" node-role.kubernetes.io/worker=worker --overwrite
