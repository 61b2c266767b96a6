# shellcheck shell=bash
# Revokes the rights of the group of kubeadm's bootstrap tokens, for control-plane.sh and upgrade.sh. Needs an administrator's
# KUBECONFIG.

revoke_bootstrap_tokens() {
  local shared nodes='{"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"Group","name":"system:nodes"}]}'
  kubectl delete clusterrolebinding kubeadm:kubelet-bootstrap kubeadm:node-autoapprove-bootstrap kubeadm:get-nodes \
    --ignore-not-found
  kubectl delete rolebinding kubeadm:kubeadm-certs kube-proxy --namespace kube-system --ignore-not-found
  for shared in kubeadm:nodes-kubeadm-config kubeadm:kubelet-config; do
    kubectl patch rolebinding "$shared" --namespace kube-system --type merge --patch "$nodes"
  done
}
