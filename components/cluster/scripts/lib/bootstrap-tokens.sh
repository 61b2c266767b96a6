# shellcheck shell=bash
# Revokes the rights of the group of kubeadm's bootstrap tokens, for control-plane.sh, control-plane-config.sh and upgrade.sh. Needs an
# administrator's KUBECONFIG.

without_tokens=$RECORD/without-bootstrap-tokens # exists while kubeadm may give them rights

revoke_bootstrap_tokens() {
  local shared nodes='{"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"system:nodes"}]}'
  kubectl delete clusterrolebinding kubeadm:kubelet-bootstrap kubeadm:node-autoapprove-bootstrap kubeadm:get-nodes \
    --ignore-not-found
  kubectl delete rolebinding kubeadm:kubeadm-certs kube-proxy --namespace kube-system --ignore-not-found
  for shared in kubeadm:nodes-kubeadm-config kubeadm:kubelet-config; do
    kubectl patch rolebinding "$shared" --namespace kube-system --type merge --patch "$nodes"
  done
}

# kubeadm gives the group its rights again whenever it writes the cluster's settings, even where control-plane.sh has taken them
# (forget_joiner). Notes that before.
note_tokens() {
  local bound
  bound=$(kubectl get clusterrolebinding kubeadm:kubelet-bootstrap --ignore-not-found --output name)
  [[ -n $bound ]] || : >"$without_tokens"
}

revoke_tokens_again() {
  [[ -e $without_tokens ]] || return 0
  revoke_bootstrap_tokens
  rm "$without_tokens"
}
